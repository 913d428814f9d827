#!/usr/bin/env bash
# Checks every tracked shell script with shellcheck, whatever its name: the first line tells.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mapfile -t tracked < <(git -c safe.directory="$PWD" ls-files -- . ':!:*.ts' ':!:*.mjs' ':!:*.md' ':!:*.json' ':!:*.hbs')
scripts=()
for file in "${tracked[@]}"; do
  [ -f "$file" ] && head -n 1 "$file" | grep -Eq '^#!.*\b(ba|da)?sh\b' && scripts+=("$file")
done
[ ${#scripts[@]} -eq 0 ] || shellcheck --severity=warning "${scripts[@]}"
echo "${#scripts[@]} scripts"
