#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Tests on Windows without a Windows machine: a Windows Python under Wine, where the checkout has
# such a lane beside it (../shared/winlane).
#
#   scripts/winlane.sh PYTHON BINDING [short]     e.g. 3.12 PyQt6
#
# Runs the tests that have to do with the system, then CPython's own ones. "short": of each those
# that tell most. The result is in build/results/, as of every run of the suite.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$1 binding=$2 length=${3:-all}
lane=../shared/winlane
[ -f "$lane/setup.sh" ] || { echo "there is no Windows lane at $lane" >&2; exit 2; }

# pip resolves for Linux, so what is required on Windows only stands here (colorama).
export WINLANE_HOME=${WINLANE_HOME:-$HOME/.cache/winlane-qtinter}
export WINLANE_PACKAGES="PyQt6==6.11.0 PyQt6-Qt6==6.11.2 PyQt6-sip==13.13.0 PySide6-Essentials==6.12.0 \
shiboken6==6.12.0 pytest>=9 pytest-timeout>=2.4 colorama attrs>=22.2 typing_extensions>=4.12 \
hypothesis>=6.119 psutil>=6"
bash "$lane/setup.sh" "$python"

export WINLANE_PYTHON=$python QT_QPA_PLATFORM=offscreen PYTHONPATH=src PYTHONUTF8=1
unset COVERAGE
if [ "$length" = short ]; then
    tests=(
        tests/loop/test_proactor.py tests/loop/test_selectors.py
        tests/loop/test_entry_points_{run,from_asyncio,from_qt}.py
        tests/loop/test_host.py tests/loop/test_stop.py tests/programs/test_subprocesses.py
        tests/signals/test_asyncsignal.py tests/signals/test_asyncsignal_{lifetimes,sources}.py
    )
    modules=test_windows_events,test_proactor_events,test_events
else
    # No aiohttp, httpx and websockets there: they test those more than the system.
    tests=(
        tests/compat tests/loop tests/signals tests/programs tests/testing
        --ignore=tests/programs/test_http.py --ignore=tests/programs/test_websockets.py
    )
    modules=test_windows_events,test_proactor_events,test_events,test_streams,test_sock_lowlevel
    modules+=,test_subprocess,test_sslproto,test_server,test_sendfile
fi
status=0
"$lane/winpy" scripts/suite.py "windows-$python-${binding,,}" "$binding" \
    -m "not timing and not conformance and not slow" "${tests[@]}" || status=1
"$lane/winpy" tests/conformance/run.py --binding "$binding" --timeout 40 --modules "$modules" ||
    status=1
exit "$status"
