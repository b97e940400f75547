"""Names of one kernel."""

from pathlib import Path

import pytest

from analyzer.pipeline.session import Session, open_session

FIXTURE = Path(__file__).resolve().parents[3] / "fixtures" / "phenomena" / "same_signature"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return open_session(str(FIXTURE), store=str(tmp_path / "store"), jobs=1)


def test_a_file_too_many_in_the_index_makes_no_name_a_variable(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = session.stored
    real = index.files
    monkeypatch.setattr(
        index, "files", lambda kind, name: real(kind, name) if kind == "function" else ("kernel/bus.c",)
    )
    names = session.resolver.names
    assert names.may_be_function("made_by_a_macro")


def test_a_name_in_capitals_is_no_function_unless_a_use_may_make_it(session: Session) -> None:
    assert not session.resolver.names.may_be_function("CAPITALS")


def test_a_name_with_a_number_that_nothing_declares_is_found(tmp_path: Path) -> None:
    session = open_session(str(FIXTURE.parent / "defaulted_macros"), store=str(tmp_path / "store"), jobs=1)
    (found,) = session.resolver.named("vfio_pci_core_ioread64")
    assert (found.path, found.macro) == ("drivers/vfio/vfio_pci_rdwr.c", "VFIO_IOREAD")
    assert session.resolver.named("vfio_pci_core_ioread8") == []
