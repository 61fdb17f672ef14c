import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

from vectors import issue

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def run(*command, cwd):
    return subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_the_packed_package_installs_and_the_example_of_the_readme_runs(tmp_path):
    source, project = tmp_path / "source", tmp_path / "project"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns("tests", "__pycache__", "build", "*.egg-info"))
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "-w", str(tmp_path), str(source), cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "licseal_verify/py.typed" in names and not any("test" in name for name in names)

    # The packages of the system, because cryptography is among them.
    venv.create(project, system_site_packages=True)
    run(sys.executable, "-m", "pip", "--python", str(project / "bin/python"), "install", "--quiet", "--no-deps", "--no-index", str(wheel), cwd=project)
    license, keys = issue({"customer": "Example", "license_creation_date": "2020-01-01", "license_expiration_date": "2999-01-01"})
    (project / "vendor.keys").write_bytes(keys)
    (project / "license.json").write_text(license)
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    (project / "app.py").write_text(example.group(1))
    assert run("bin/python", "app.py", cwd=project) == "Example: valid, until 2999-01-01\n"
    (project / "license.json").write_text(license.replace("2999", "3000"))
    assert run("bin/python", "app.py", cwd=project).startswith("refused (signature)")


def test_the_code_is_within_the_budget_that_the_readme_states():
    budget = int(re.search(r"at most (\d+) lines of code", README).group(1))
    text = "\n".join(path.read_text() for path in (ROOT / "licseal_verify").glob("*.py") if path.name != "__main__.py")
    code = re.sub(r'^\s*""".*?"""$', "", text, flags=re.DOTALL | re.MULTILINE)
    lines = [line for line in code.split("\n") if line.strip() and not line.strip().startswith("#")]
    assert len(lines) <= budget


def test_the_command_line(tmp_path):
    license, keys = issue({"license_creation_date": "2026-01-01", "license_expiration_date": "2027-01-01"})
    (tmp_path / "keys").write_bytes(keys)

    def verify(time, text):
        command = [sys.executable, "-m", "licseal_verify", "verify", str(tmp_path / "keys"), time, "0"]
        return subprocess.run(command, cwd=ROOT, input=text.encode(), stderr=subprocess.DEVNULL).returncode

    got = [verify("2026-07-01T00:00:00Z", license), verify("2025-07-01T00:00:00Z", license), verify("2028-07-01T00:00:00Z", license), verify("2026-07-01T00:00:00Z", ""), verify("2026-07-01", license)]
    assert got == [0, 6, 7, 3, 2]
