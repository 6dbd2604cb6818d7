"""attnlint traces attention code on abstract tensors and asks each rule about the trace."""

__version__ = "0.1.0"
