"""The virtual environment is made once for a folder, whatever path leads to it."""

from dev import venv


def test_same_environment_by_a_link(monkeypatch, tmp_path):
    folder = tmp_path / "real"
    folder.mkdir()
    link = tmp_path / "link"
    link.symlink_to(folder)
    monkeypatch.setattr(venv.config, "VENV", folder / "venv")
    identity = venv._identity()
    monkeypatch.setattr(venv.config, "VENV", link / "venv")
    assert venv._identity() == identity
    monkeypatch.setattr(venv.config, "VENV", tmp_path / "other" / "venv")
    assert venv._identity() != identity
