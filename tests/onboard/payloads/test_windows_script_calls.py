"""The enrolment script holds together: what it calls is there, what it reads is set."""

from __future__ import annotations

import re

from support.northwind import neutral, staff_plan
from support.powershell import nodes

from onboard.payloads.windows.script import script

# Everything that the script may call beside its own functions; all of it is in Windows PowerShell 5.1.
_IN_THE_BOX = {
    "Add-Content",
    "ConvertFrom-Json",
    "ConvertTo-Json",
    "ForEach-Object",
    "Get-CimInstance",
    "Get-Content",
    "Get-Date",
    "Get-Item",
    "Get-ScheduledTask",
    "Get-Service",
    "Join-Path",
    "New-Item",
    "New-Object",
    "New-ScheduledTaskAction",
    "New-ScheduledTaskPrincipal",
    "New-ScheduledTaskSettingsSet",
    "New-ScheduledTaskTrigger",
    "New-TimeSpan",
    "Out-Null",
    "Out-String",
    "Pop-Location",
    "Push-Location",
    "Read-Host",
    "Register-ScheduledTask",
    "Remove-Item",
    "Select-Object",
    "Set-Content",
    "Set-Service",
    "Set-StrictMode",
    "Start-Service",
    "Start-Sleep",
    "Test-Path",
    "Unregister-ScheduledTask",
    "Where-Object",
    "Write-Information",
    "Write-Warning",
    "netsh.exe",
    "whoami.exe",
}
_VERBS = {
    *("Add", "Assert", "ConvertTo", "Expand", "Find", "Get", "Install", "Invoke", "New", "Open", "Read"),
    *("Complete", "Register", "Request", "Resolve", "Resume", "Send", "Stop", "Test", "Uninstall", "Wait"),
    "Write",
}


def _functions(source: str) -> dict[str, set[str]]:
    """Each function's parameters, in lower case."""
    found = {}
    for node in nodes(source, "function_statement"):
        text = node.text.decode()
        name = re.match(r"function ([\w-]+)", text)[1]
        block = re.search(r"(?s)\{\s*(?:#[^\n]*\n\s*)*(?:\[[^\n]*\]\n\s*)?param\((.*?)\)\n", text)
        declared = re.findall(r"\$(\w+)", block[1]) if block else []
        found[name] = {parameter.lower() for parameter in declared}
    return found


def _calls(source: str) -> list[tuple[str, list[str]]]:
    """Each call by name with the names of its parameters, in lower case."""
    calls = []
    for node in nodes(source, "command"):
        name = next(c.text.decode() for c in node.children if c.type.startswith("command_name"))
        elements = [c for c in node.children if c.type == "command_elements"]
        parameters = [
            part.text.decode().lstrip("-").rstrip(":").lower()
            for element in elements
            for part in element.children
            if part.type == "command_parameter"
        ]
        calls.append((name, parameters))
    return calls


def test_every_call_has_something_to_call():
    """Each command is a function of the script or in the box, and no alias hides what it is."""
    source = script(staff_plan(), neutral)
    own = _functions(source)
    assert len(own) > 25
    assert {name for name, _ in _calls(source)} <= own.keys() | _IN_THE_BOX


def test_every_function_is_called_with_parameters_that_it_has():
    """PowerShell would say so on the device only; and no function is left unused."""
    source = script(staff_plan(), neutral)
    own, calls = _functions(source), _calls(source)
    for name, parameters in calls:
        if name in own:
            assert set(parameters) <= own[name], name
    assert own.keys() <= {name for name, _ in calls}


def test_functions_have_approved_verbs():
    """PSScriptAnalyzer's first rule; people guess what a verb does."""
    assert {name.split("-")[0] for name in _functions(script(staff_plan(), neutral))} <= _VERBS


_AUTOMATIC = {"_", "true", "false", "null", "pscommandpath", "lastexitcode"}
_TEXT = re.compile(r"(?s)@'\n.*?\n'@|'(?:[^']|'')*'|<#.*?#>|#[^\n]*")


def _assigned_in(code: str) -> set[str]:
    blocks = re.findall(r"(?s)param\((.*?)\)\n", code)
    names = re.findall(r"(?m)^\s*\$(\w+)\s*\+?=", code) + re.findall(r"foreach \(\$(\w+) in", code)
    names += [name for block in blocks for name in re.findall(r"\$(\w+)", block)]
    return {name.lower() for name in names}


def test_every_variable_is_set_where_it_is_used():
    """Strict mode ends a script at a variable that neither its function nor the script has set."""
    source = script(staff_plan(), neutral)
    functions = [node.text.decode() for node in nodes(source, "function_statement")]
    outside = source
    for function in functions:
        outside = outside.replace(function, "")
    shared = _assigned_in(_TEXT.sub("", outside)) | _AUTOMATIC
    for part in (*functions, outside):
        code = _TEXT.sub("", part)
        used = {name.lower() for name in re.findall(r"\$(?!env:)(\w+)", code)}
        assert used - shared - _assigned_in(code) == set(), part[:60]
