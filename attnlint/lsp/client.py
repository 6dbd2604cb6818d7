"""What is asked of the client: its settings, and to be told when files change that findings rest on."""

from __future__ import annotations

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.uris import to_fs_path

from attnlint.config.file import OWN, SHARED
from attnlint.lsp.session import Session
from attnlint.lsp.settings import SECTION, ClientSettings, read

_WATCHED = (f"**/{OWN}", f"**/{SHARED}", "**/*.py")


def configure(session: Session, given: object) -> None:
    """Take over settings that hold for all folders."""
    session.general = _understood(session, given)


async def fetch_settings(session: Session, sent: object = None) -> None:
    """Ask for the settings of each folder, or take over those that were sent by a client that cannot be asked."""
    workspace = session.server.client_capabilities.workspace
    folders = [folder.uri for folder in session.server.workspace.folders.values()]
    if workspace is not None and workspace.configuration:
        items = [types.ConfigurationItem(scope_uri=uri, section=SECTION) for uri in folders]
        items.append(types.ConfigurationItem(section=SECTION))
        try:
            answers = await session.server.workspace_configuration_async(types.ConfigurationParams(items))
        except JsonRpcException as error:
            session.say(types.MessageType.Warning, f"attnlint: the client has no settings: {error}")
            answers = []
        session.by_folder = {
            to_fs_path(uri) or "": _understood(session, answer)
            for uri, answer in zip(folders, answers, strict=False)
            if answer is not None
        }
        if len(answers) > len(folders) and answers[-1] is not None:
            configure(session, answers[-1])
    elif sent is not None:
        configure(session, sent)
    session.reread()


async def watch(session: Session) -> None:
    """Ask to be told of changes to configurations, to Python files, and to settings, where the client can tell."""
    workspace = session.server.client_capabilities.workspace
    wanted: list[types.Registration] = []
    if workspace is not None and (files := workspace.did_change_watched_files) and files.dynamic_registration:
        watchers = [types.FileSystemWatcher(pattern) for pattern in _WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        wanted.append(types.Registration("attnlint-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
    if workspace is not None and (own := workspace.did_change_configuration) and own.dynamic_registration:
        section = types.DidChangeConfigurationRegistrationOptions(section=SECTION)
        wanted.append(types.Registration("attnlint-settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, section))
    if wanted:
        try:
            await session.server.client_register_capability_async(types.RegistrationParams(wanted))
            session.watches = wanted[0].method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        except JsonRpcException as error:
            session.say(types.MessageType.Warning, f"attnlint: the client does not watch files: {error}")


def _understood(session: Session, given: object) -> ClientSettings:
    settings, wrong = read(given)
    for message in wrong:
        session.say(types.MessageType.Warning, f"attnlint: in the editor's settings: {message}", shown=True)
    return settings
