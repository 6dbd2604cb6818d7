"""Gives names their values, and tensors the shapes that their author wrote beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attnlint import dims, hints, ir
from attnlint.dims import Dim
from attnlint.interpret.restating import restate
from attnlint.ir import Site
from attnlint.names import is_cache_name, is_weight_name, kind_of, kinds_of
from attnlint.ops.signature import as_tensor
from attnlint.state import Scope
from attnlint.tensor import UNKNOWN_SHAPE, Atom, Axis, Kind, Shape, Tensor, axis
from attnlint.trace import Binding as Bound
from attnlint.trace import Cell, OpCall
from attnlint.values import (
    Choice,
    Instance,
    Layer,
    Mapping,
    Seq,
    ShapeOf,
    Size,
    SliceValue,
    Unknown,
    Value,
    integer,
    is_none,
)

if TYPE_CHECKING:
    from attnlint.interpret.interpreter import Interpreter


_MADE = frozenset(
    """rand randint rand_like zeros ones full eye array mul div add sub sqrt neg unknown parameter unbind split index
    cast identity linspace input""".split()
)


_DATA = frozenset("x y z inputs input ids data tokens mask src tgt images image labels targets".split())


class Binding:
    """Assignment to every sort of target."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.i = interpreter

    def assign(self, target: ir.Expr, value: Value, scope: Scope, site: Site, comment: str = "") -> None:
        """Make a target mean a value."""
        match target:
            case ir.Name(_, name):
                self._name(name, value, scope, target.site, comment)
            case ir.Attr(_, owner, name):
                self._attribute(self.i.expr(owner, scope), name, value, site)
            case ir.Index(_, owner, items):
                keys = self.i.expr.spread(items, scope)
                self.i.subscripts.set(self.i.expr(owner, scope), keys, value, site)
            case ir.Display(_, _, items):
                self._unpack(items, value, scope, site, comment)
            case ir.Starred(_, inner):
                self.assign(inner, value, scope, site)

    def _name(self, name: str, value: Value, scope: Scope, site: Site, comment: str) -> None:
        if isinstance(value, Size) and (kind_of(name) or not value.label):
            value = Size(value.dim, name)
        self.i.m.journal.write(scope.outer.get(name, scope).names, name, value)
        mark_weight(name, value)
        if isinstance(value, Size):
            self.i.m.trace.sizes.append(Bound(name, value, site, self.i.m.frame, comment))
        is_new_dict = isinstance(value, Mapping) and not value.items
        if isinstance(value, Tensor | Unknown | Choice) or is_new_dict or is_cache_name(name):
            tensor = value if isinstance(value, Tensor) else None
            if tensor is not None:
                tensor.name = name
                tensor.aliases.append(name)
            elif isinstance(value, Unknown) and not value.parameter and not value.name:
                value.name = name
                if value.tensor is not None and not value.tensor.name:
                    value.tensor.name = name
            self.i.m.trace.bindings.append(Bound(name, value, site, self.i.m.frame, comment))

    def _attribute(self, owner: Value, name: str, value: Value, site: Site) -> None:
        if isinstance(owner, Choice):
            owner = next((option for option in owner.options if not is_none(option)), owner)
        if isinstance(value, Size) and (kind_of(name) or not value.label):
            value = Size(value.dim, name)
        if isinstance(owner, Instance | Unknown | Layer):
            m = self.i.m
            cell = Cell(owner, name, owner.attrs.get(name), value, site, m.frame, len(m.trace.ops), m.loops, m.branches)
            m.trace.cells.append(cell)
            m.journal.write(owner.attrs, name, value)
            mark_weight(name, value)
            if isinstance(value, Instance | Layer) and not value.name:
                value.name = name
            if isinstance(value, Tensor) and not value.name:
                value.name = name
        elif isinstance(owner, Tensor) and name in {"data", "value"}:
            self.i.m.replace(owner, value)

    def _unpack(self, targets: tuple[ir.Expr, ...], value: Value, scope: Scope, site: Site, comment: str) -> None:
        starred = next((n for n, target in enumerate(targets) if isinstance(target, ir.Starred)), None)
        if isinstance(value, ShapeOf):
            items = self._shape_items(value.tensor, targets, starred, site)
        else:
            items = self.i.items(value, None if starred is not None else len(targets), site)
            if starred is not None:
                items = self._with_star(items, len(targets), starred)
        for number, target in enumerate(targets):
            item = items[number] if number < len(items) else self.i.m.unknown("more names than values", site)
            self.assign(target, item, scope, site, comment if len(targets) == 1 else "")

    def _with_star(self, items: list[Value], count: int, starred: int) -> list[Value]:
        after = count - starred - 1
        middle = items[starred : len(items) - after] if len(items) >= count - 1 else []
        return [*items[:starred], Seq(middle, "list"), *items[len(items) - after :]]

    def _shape_items(
        self, tensor: Tensor, targets: tuple[ir.Expr, ...], starred: int | None, site: Site
    ) -> list[Value]:
        names = [_target_name(target) for target in targets]
        if starred is not None:
            after = names[starred + 1 :]
            if tensor.shape.open and len(tensor.axes) < len(after):
                tensor.learn(Shape(tuple(self._axis(name, kind_of(name)) for name in after), open=True))
            count = len(tensor.axes)
            if tensor.shape.open or count < len(names) - 1:
                front: list[Value] = [Size(dims.unknown(name)) for name in names[:starred]]
                tail = [Size(axis.size) for axis in tensor.axes[count - len(after) :]] if after else []
                return [*front, self._leading(tensor, len(after), starred, site), *tail]
            sizes: list[Value] = [Size(axis.size) for axis in tensor.axes]
            return self._with_star(sizes, len(names), starred)
        if tensor.shape.open:
            pairs = zip(names, kinds_of(names), strict=True)
            tensor.learn(Shape(tuple(self._axis(name, kind) for name, kind in pairs)))
        if len(tensor.axes) == len(names) and not tensor.shape.open:
            self._learn_names(tensor, names)
            return [Size(axis.size, _label(name, axis)) for name, axis in zip(names, tensor.axes, strict=True)]
        return [Size(dims.unknown(name), name) for name in names]

    def _leading(self, tensor: Tensor, after: int, starred: int, site: Site) -> Value:
        """What `*lead, d = x.shape` binds: the same as `x.shape[:-1]`."""
        if starred or not after:
            return Unknown("the leading sizes")
        return self.i.subscripts.get(ShapeOf(tensor), [SliceValue(None, integer(-after), None)], site)

    def _learn_names(self, tensor: Tensor, names: list[str]) -> None:
        for name, kind, one in zip(names, kinds_of(names), tensor.axes, strict=True):
            if len(one.atoms) == 1 and name.strip("_"):
                one.atoms[0].learn(kind, name)

    def _axis(self, name: str, kind: Kind) -> Axis:
        if not name.strip("_"):
            return Axis(
                (
                    Atom(
                        dims.unknown(),
                    ),
                )
            )
        return axis(dims.symbol(name), kind)

    def comments(self, above: tuple[str, ...], trailing: str, scope: Scope) -> None:
        """Learn the shapes that comments give to names, whether these have a value yet or not."""
        for text in (*above, trailing):
            for hint in hints.in_comment(text) if text else ():
                if hint.names:
                    self._tell(hint, scope)

    def before(self, stmt: ir.Assign, scope: Scope) -> None:
        """Learn what the comment on an assignment's line says of the names that are read there."""
        if not stmt.trailing:
            return
        bound = {_target_name(target) for target in stmt.targets}
        for hint in hints.in_comment(stmt.trailing):
            if hint.names and not bound.intersection(hint.names):
                self._tell(hint, scope)
        operands = hints.of_operands(stmt.trailing)
        product = _product_in(stmt.value)
        if operands is not None and product is not None:
            for side, hint in zip((product.left, product.right), operands, strict=True):
                self.learn(self.i.expr(side, scope), hints.shape_of(hint, lambda name: self.size(name, scope)))

    def _tell(self, hint: hints.Hint, scope: Scope) -> None:
        shape = hints.shape_of(hint, lambda name: self.size(name, scope))
        for name in hint.names:
            holder = scope.holder(name)
            value = self.i.force(holder, name) if holder is not None else None
            if value is None:
                self.i.m.hints[name] = shape
            elif holder is None or restate(self.i, holder, name, value, shape) is None:
                self.learn(self.i.m.settled(value), shape)
                tensor = as_tensor(value) if isinstance(value, Tensor | Unknown) else None
                if tensor is not None and tensor.op is not None and hints.is_of_scores(hint):
                    tensor.op.notes["told"] = name

    def beside(self, targets: tuple[ir.Expr, ...], value: Value, trailing: str, scope: Scope) -> None:
        """Learn the shape that a comment on its line gives to the one value that is assigned there."""
        if not trailing or len(targets) != 1 or (hints.of_operands(trailing) and "->" not in trailing):
            return
        name = _target_name(targets[0])
        for hint in hints.in_comment(trailing):
            if not hint.names or (name and name in hint.names) or not _known_elsewhere(hint, scope):
                shape = hints.shape_of(hint, lambda name: self.size(name, scope))
                for item in value.items if isinstance(value, Seq) else [value]:
                    self.learn(self.i.m.settled(item), shape)
                return

    def learn(self, value: Value, shape: Shape) -> None:
        """Give a tensor the shape that its author claims, where nothing contradicts it."""
        if isinstance(value, Choice):
            value = next((option for option in value.options if isinstance(option, Tensor)), value)
        if isinstance(value, Unknown) and value.size is None and not (isinstance(value, Unknown) and value.attrs):
            value = as_tensor(value) or value
        if not isinstance(value, Tensor):
            return
        if value.shape.open and value.learn(shape):
            self.i.m.told.add(value)
        if not shape.open and not value.shape.open and len(shape.axes) == len(value.axes):
            for mine, theirs in zip(value.axes, shape.axes, strict=True):
                if len(mine.atoms) == len(theirs.atoms) == 1:
                    said = theirs.atoms[0].size
                    mine.atoms[0].learn(theirs.atoms[0].kind, "" if said.name.startswith("?") else said.name, said)

    def size(self, name: str, scope: Scope) -> Dim:
        """The size that a comment names: the author's variable of that name, or a symbol of this trace."""
        holder = scope.holder(name)
        if holder is not None:
            value = self.i.force(holder, name)
            if isinstance(value, Size):
                return value.dim
        return self.i.m.symbol(name)

    def hinted(self, name: str) -> Shape:
        """The shape that a comment gave to a name before it had a value."""
        return self.i.m.hints.get(name, UNKNOWN_SHAPE)


def mark_weight(name: str, value: Value) -> None:
    """An array that is made at random or from nothing and called a weight is one."""
    if isinstance(value, Tensor) and not value.param and is_weight_name(name):
        value.param = all(op.name in _MADE for op in ancestors_of(value))
    elif isinstance(value, Unknown) and value.tensor is None and is_weight_name(name):
        tensor = as_tensor(value)
        if tensor is not None:
            tensor.param = True


def mark_parameters(key: str, value: Value) -> None:
    """A random array under a string key is one of a dict of parameters, unless the key is one of data."""
    if isinstance(value, Tensor) and value.op is not None and key.lower() not in _DATA:
        value.param = value.param or (value.op.name in {"rand", "mul", "div"} and _is_random(value))


def _is_random(tensor: Tensor) -> bool:
    made = ancestors_of(tensor)
    return any(op.name == "rand" for op in made) and all(op.name in _MADE for op in made)


def ancestors_of(tensor: Tensor) -> list[OpCall]:
    """The ops that make a tensor, as far back as they go."""
    found: list[OpCall] = []
    queue = [tensor]
    while queue and len(found) < 12:
        op = queue.pop().op
        if op is not None:
            found.append(op)
            queue.extend(op.inputs)
    return found


def _known_elsewhere(hint: hints.Hint, scope: Scope) -> bool:
    return any(scope.holder(name) is not None for name in hint.names)


def _target_name(target: ir.Expr) -> str:
    match target:
        case ir.Name(_, name) | ir.Attr(_, _, name):
            return name
        case ir.Starred(_, inner):
            return _target_name(inner)
        case _:
            return ""


def _product_in(expr: ir.Expr | None) -> ir.Bin | None:
    while isinstance(expr, ir.Bin):
        if expr.op == "matmul":
            return expr if isinstance(expr.left, ir.Name) and isinstance(expr.right, ir.Name) else None
        expr = expr.left
    return None


def _label(name: str, one: Axis) -> str:
    if kind_of(name) or not one.size.name:
        return name.strip("_")
    return "" if one.size.name.startswith("?") else one.size.name
