"""The program's last line of defence: every mistake is one line and a code that says whose it is."""

import sys

import pytest

from pipeline.__main__ import main


def test_an_argument_that_is_no_text_is_the_users_fault(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["synsetter", "synsets", "show", "caf\udce9"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert (ended.value.code, said.count("\n")) == (2, 1)
    assert said.startswith(r"synsetter: 'caf\udce9' is no text in UTF-8")
