"""What an editor shows and offers besides the findings: repairs, the rule, and what is known of each tensor."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests import editor
from tests.editor import (
    CODE,
    COLUMNS,
    LINE,
    ROW,
    acted,
    begin,
    capabilities,
    change,
    document,
    edited,
    hovered,
    open_,
    pulled,
    whole,
)

client = editor.client


@pytest.mark.asyncio
async def test_fixes_ignores_and_rules_as_actions(client, tmp_path):
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE, version=3)
    (found,) = (await pulled(client, uri)).items
    fix, ignore, explain, every = await acted(client, uri, found)
    assert (fix.kind, fix.is_preferred, edited(CODE, fix)) == ("quickfix", True, CODE.replace("dim=2", "dim=-1"))
    assert edited(CODE, ignore) == CODE.replace(LINE, f"{LINE}  # attnlint: ignore[softmax-wrong-axis]")
    assert "softmax-wrong-axis" in explain.title
    assert (every.kind, edited(CODE, every)) == ("source.fixAll.attnlint", CODE.replace("dim=2", "dim=-1"))
    for version, each in enumerate((fix, ignore, every), 4):
        assert each.edit.document_changes[0].text_document.version == 3
        change(client, uri, version, whole(edited(CODE, each)))
        assert not (await pulled(client, uri)).items


@pytest.mark.asyncio
async def test_only_the_kinds_of_action_that_are_asked_for(client, tmp_path):
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE)
    (found,) = (await pulled(client, uri)).items
    for only, kinds in (
        ("source", {"source.fixAll.attnlint"}),
        ("source.fixAll", {"source.fixAll.attnlint"}),
        ("source.fixAll.ruff", set()),
        ("quickfix", {"quickfix"}),
        ("refactor", set()),
    ):
        offered = await acted(client, uri, found, [only])
        assert {each.kind for each in offered if isinstance(each, types.CodeAction)} == kinds


@pytest.mark.asyncio
async def test_an_unsafe_fix_is_called_so_and_not_preferred(client, tmp_path):
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    fixture = Path(__file__).parent.parent / "fixtures" / "missing-causal-mask" / "bad_torch_gpt.py"
    open_(client, uri, fixture.read_text())
    (found,) = (await pulled(client, uri)).items
    offered = await acted(client, uri, found)
    assert found.code == "ATT001"
    assert "unsafe" in offered[0].title
    assert not offered[0].is_preferred
    assert not [each for each in offered if getattr(each, "kind", "") == "source.fixAll.attnlint"]


@pytest.mark.asyncio
async def test_a_hover_over_a_tensor_and_over_a_finding(client, tmp_path):
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE)
    scores = await hovered(client, uri, ROW, COLUMNS["utf-16"] + len("torch.softmax(s"))
    assert "scores  [batch heads seq seq]  scaled by 1/√head_dim · causal mask · not yet normalised" in scores
    assert f"- scaled by 1/√head_dim, [line 9]({uri}#L9)" in scores
    assert f"- causal mask, [line 11]({uri}#L11)" in scores
    assert "ATT008 softmax-wrong-axis" in scores
    assert "Why is this bad?" in scores
    product = await hovered(client, uri, 8, CODE.splitlines()[8].index("@"))
    assert "q @ k.transpose(-2, -1)  [batch heads seq seq]  scores · not yet normalised" in product
    assert await hovered(client, uri, 0, 8) is None


@pytest.mark.asyncio
async def test_the_shape_behind_each_assignment(client, tmp_path):
    await begin(client, tmp_path, capabilities(pulls=True))
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE)
    place = types.Range(types.Position(8, 0), types.Position(10, 0))
    hints = await client.text_document_inlay_hint_async(types.InlayHintParams(document(uri), place))
    assert [(each.position.line, each.label) for each in hints] == [
        (8, "# ⟵ [batch heads seq seq]"),
        (9, "# ⟵ [seq seq]"),
        (10, "# ⟵ [batch heads seq seq]"),
    ]
    assert hints[0].position.character == len(CODE.splitlines()[8])


@pytest.mark.asyncio
async def test_hints_hovers_and_rules_can_be_switched_off_by_the_client(client, tmp_path):
    options = {"inlayHints": False, "hover": False, "ignore": ["ATT008"], "slect": []}
    await begin(client, tmp_path, capabilities(pulls=True), options)
    uri = (tmp_path / "a.py").as_uri()
    open_(client, uri, CODE)
    place = types.Range(types.Position(0, 0), types.Position(99, 0))
    assert not await client.text_document_inlay_hint_async(types.InlayHintParams(document(uri), place))
    assert await hovered(client, uri, 8, 8) is None
    assert not (await pulled(client, uri)).items
    assert any("unknown setting 'slect'; did you mean 'select'?" in each.message for each in client.messages)
