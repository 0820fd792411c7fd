"""The contract of the command line: exit codes, streams, JSON fields, options and their defaults."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from onboard.cli.examples import EXAMPLES


def test_version(onboard) -> None:
    """`--version` prints name and version on stdout."""
    done = onboard("--version")
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(r"onboard \d+\.\d+\.\d+\n", done.out)


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["check", "--nonsense"], ["generate"], ["whitelist", "--mode", "open"]]
)
def test_usage_errors_exit_64(onboard, folder, arguments) -> None:
    """A command that was typed wrongly exits 64, says so on stderr and points to its help."""
    done = onboard(*arguments)
    assert (done.code, done.out) == (64, "")
    assert "--help" in done.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["generate"], "--out"),
        (["lint"], "FILE"),
        (["challenge", "new"], "GROUP"),
        (["serve", "--port", "99999"], "--port"),
        (["check", "--format", "xml"], "'text', 'json'"),
    ],
)
def test_a_usage_error_names_the_option(onboard, folder, arguments, named) -> None:
    """What is missing or wrong is named, in words and not in a library's."""
    done = onboard(*arguments)
    assert done.code == 64
    first = done.err.splitlines()[0]
    assert first.startswith("error: ")
    assert named in first
    assert "Value error" not in first


@pytest.mark.parametrize("group", ["ca", "challenge", "cert"])
def test_a_group_of_commands_alone_shows_its_help(onboard, folder, group) -> None:
    """It is a usage error, answered with the help page and nothing that looks like a failure."""
    done = onboard(group)
    assert (done.code, done.out) == (64, "")
    assert done.err.startswith(f"Usage: onboard {group}")


def test_help_loads_no_cryptography() -> None:
    """The help page answers quickly because nothing heavy is imported for it."""
    script = (
        "import sys; from onboard.cli import run; run(['--help']);"
        "heavy = {'cryptography', 'asn1crypto', 'yaml', 'jinja2', 'httpx', 'uvicorn', 'rich'};"
        "heavy &= set(sys.modules);"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", list(EXAMPLES))
def test_every_help_page_has_an_example(onboard, command) -> None:
    """Each command shows how it is typed."""
    done = onboard(*command.split(), "--help")
    assert done.code == 0
    assert EXAMPLES[command][0].split(" > ")[0] in done.out


def test_org_and_state_come_from_the_environment(onboard, folder, tmp_path, monkeypatch) -> None:
    """`$ONBOARD_ORG` and `$ONBOARD_STATE` stand in for the options."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONBOARD_ORG", str(folder / "org.yaml"))
    assert onboard("check").code == 0
    monkeypatch.setenv("ONBOARD_STATE", str(tmp_path / "elsewhere"))
    done = onboard("challenge", "new", "students")
    assert done.code == 1
    assert "elsewhere" in done.err


def test_check_json_has_the_fields(onboard, folder) -> None:
    """`check --format json` prints an array of objects with the contract's fields."""
    done = onboard("check", "--format", "json")
    assert done.code == 0
    assert done.json
    fields = {"path", "line", "column", "where", "message", "hint", "severity"}
    assert all(set(item) == fields for item in done.json)
    assert {item["severity"] for item in done.json} == {"warning"}


def test_check_strict_fails_on_warnings(onboard, folder) -> None:
    """Warnings do not fail, unless `--strict`."""
    assert onboard("check").code == 0
    assert onboard("check", "--strict").code == 1


def test_check_reports_sorted_places(onboard, folder) -> None:
    """Mistakes are lines of PATH:LINE:COLUMN: where: what, in the order of the file; exit 1."""
    org = folder / "org.yaml"
    org.write_text(org.read_text().replace("ec-p384", "ec-p999").replace("vlan: 20", "vlan: 4711"))
    done = onboard("check")
    assert done.code == 1
    places = [line for line in done.out.splitlines() if not line.startswith("  hint:")]
    lines = [int(re.match(r"org\.yaml:(\d+):\d+: ", line).group(1)) for line in places]
    assert lines == sorted(lines)
    assert "ec-p999" in done.out
    assert "4711" in done.out


def test_what_is_made_first_is_its_owners_alone_to_write(onboard, folder, tmp_path) -> None:
    """`init` and `ca init` under umask 000: nobody else may replace the definition or a certificate."""
    target, before = tmp_path / "made" / "here", os.umask(0)
    try:
        assert onboard("init", target).code == 0
        shutil.rmtree("pki")
        shutil.rmtree(".onboard")
        assert onboard("ca", "init").code == 0
    finally:
        os.umask(before)
    made = (target.parent, target, target / "org.yaml", Path("pki"), Path("pki/root.pem"), Path(".onboard"))
    assert [oct(path.stat().st_mode & 0o777) for path in made] == list(
        map(oct, (0o755, 0o755, 0o644, 0o755, 0o644, 0o700))
    )


def test_init_writes_what_check_accepts(onboard, folder, tmp_path) -> None:
    """`init DIR` writes an org definition without mistakes, and never over another."""
    target = tmp_path / "new"
    assert onboard("init", target).code == 0
    assert onboard("check", "--org", target / "org.yaml").code == 0
    before = (target / "org.yaml").read_bytes()
    assert onboard("init", target).code == 1
    assert (target / "org.yaml").read_bytes() == before


def test_schema_is_json_schema(onboard) -> None:
    """`schema` prints a JSON Schema document."""
    assert "$schema" in onboard("schema").json


def test_whitelist_json_has_the_fields(onboard, folder) -> None:
    """`whitelist --format json` prints hosts with ports, protocol, purpose, requirement and tag."""
    done = onboard("whitelist", "--format", "json")
    assert done.code == 0
    for entry in done.json:
        assert {"host", "ports", "protocol", "purpose", "required", "tag"} <= set(entry)
        assert all(isinstance(port, int) for port in entry["ports"])
        assert isinstance(entry["required"], bool)


def test_whitelist_modes_differ(onboard, folder) -> None:
    """The captive garden keeps detection closed, the zero-touch garden opens it."""
    captive = {e["host"] for e in onboard("whitelist", "--format", "json").json}
    open_garden = {e["host"] for e in onboard("whitelist", "--mode", "zero-touch", "--format", "json").json}
    assert "captive.apple.com" in open_garden - captive


def test_lint_json_has_the_fields(onboard, folder) -> None:
    """`lint --format json` prints findings with path, place, rule, severity and message; exit 1 on errors."""
    Path("broken.mobileconfig").write_bytes(b'<?xml version="1.0"?><plist version="1.0"><dict/></plist>')
    done = onboard("lint", "broken.mobileconfig", "--format", "json")
    assert done.code == 1
    assert done.json
    assert all({"path", "where", "rule", "severity", "message"} <= set(finding) for finding in done.json)


def test_lint_accepts_what_generate_writes(onboard, folder) -> None:
    """Nothing is written that lint would refuse."""
    onboard("generate", "--out", "out")
    files = [p for p in Path("out").rglob("*") if p.is_file() and p.name != "manifest.json"]
    done = onboard("lint", *files)
    assert done.code == 0, done.out


def test_data_is_on_stdout_alone(onboard, folder) -> None:
    """`challenge new` prints the challenge and nothing else on stdout."""
    done = onboard("challenge", "new", "students")
    assert done.code == 0
    assert re.fullmatch(r"[A-Z2-7]{26}\n", done.out)


def test_interrupted_exits_130(folder) -> None:
    """Ctrl-C ends a command with 130."""
    script = "import onboard.cli as c; import onboard.cli.begin.schema as s; import sys\n"
    script += "def stop(): raise KeyboardInterrupt\ns.console.data_json = lambda _: stop()\n"
    script += "sys.exit(c.run(['schema']))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 130


@pytest.mark.parametrize("reader", ["head -c 1", "true"])
def test_closed_pipe_is_no_error(folder, reader) -> None:
    """`onboard schema | head -1` ends without a complaint, however early the reader leaves."""
    line = f"{sys.executable} -m onboard schema | {reader}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("where", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_no_failure(folder, where) -> None:
    """Services and cron jobs close streams; the work is done all the same."""
    line = f"{sys.executable} -m onboard check {where}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["schema", "check"])
def test_a_full_disk_behind_stdout_is_told(folder, command) -> None:
    """Data that was not written is a failure with a reason."""
    line = f"{sys.executable} -m onboard {command} >/dev/full"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "error: the output cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_behind_stderr_stops_nothing(folder) -> None:
    """What cannot be told is not told, and the payloads are written."""
    line = f"{sys.executable} -m onboard generate --out out 2>/dev/full"
    assert subprocess.run(["bash", "-c", line], capture_output=True, check=False).returncode == 0
    assert Path("out/manifest.json").is_file()


def test_data_is_utf_8_whatever_the_locale(folder) -> None:
    """Names of people and networks come through a pipe as they are, in a C locale too."""
    org = folder / "org.yaml"
    org.write_text(org.read_text().replace("ssid: Northwind-Start", "ssid: Büro"))
    line = [sys.executable, "-m", "onboard", "whitelist"]
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(line, capture_output=True, check=True, env=os.environ | plain)
    assert "Büro" in done.stdout.decode("utf-8")


def test_an_unreadable_org_is_a_mistake_of_the_input(folder) -> None:
    """It is reported like every other mistake, with exit code 1 and as JSON, and not as wrong usage."""
    Path("org.yaml").chmod(0)
    without = "--bounding-set=-dac_override,-dac_read_search"  # what lets root read every file
    line = [sys.executable, "-m", "onboard", "check", "--format", "json"]
    if os.geteuid() == 0:
        line = ["setpriv", without, without.replace("bounding-set", "inh-caps"), *line]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    (mistake,) = json.loads(done.stdout)
    assert "cannot be read: Permission denied" in mistake["message"]


def test_json_is_one_document(onboard, folder) -> None:
    """Machine-readable output is one JSON value, whatever is said on stderr beside it."""
    for arguments in (["check"], ["cert", "list"], ["challenge", "list"], ["ca", "init"], ["whitelist"]):
        assert isinstance(json.loads(onboard(*arguments, "--format", "json").out), list)


def test_a_script_with_certificates_is_judged_as_a_script(onboard, folder) -> None:
    """Enrolment scripts carry CAs; they are payloads and no CAs that Apple profiles would lack."""
    onboard("generate", "--out", "payloads")
    done = onboard("lint", "--format", "json", "payloads")
    assert [finding for finding in done.json if finding["severity"] == "warning"] == []
    script = folder / "payloads/staff/linux/staff.sh"
    script.write_text(script.read_text().replace("set -eu", "set -u"))
    assert onboard("lint", str(script)).code == 1


def test_a_name_that_is_no_text_is_data_all_the_same(folder) -> None:
    """File names may be any bytes; JSON and messages show them escaped."""
    name = b"\xff.yaml"
    (folder / os.fsdecode(name)).write_text("organization: 1\n")
    line = [sys.executable.encode(), b"-m", b"onboard", b"check", b"--format", b"json", b"--org", name]
    done = subprocess.run(line, cwd=folder, capture_output=True, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (1, False)
    assert os.fsencode(json.loads(done.stdout)[0]["path"]) == name


def test_a_host_to_keep_closed_stands_once(onboard, folder) -> None:
    """Several probes of one host are several reasons, not several rows."""
    _, _, closed = onboard("whitelist").out.partition("keep closed")
    hosts = [line.split()[0] for line in closed.splitlines()[1:] if line and not line.startswith("*")]
    assert "captive.apple.com" in hosts
    assert len(hosts) == len(set(hosts))
