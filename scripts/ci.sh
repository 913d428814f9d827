#!/usr/bin/env bash
# All checks, each step with its time; the last line is `N passed, N failed`.
# Goes on after a failed step, so that one run shows all that is wrong.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
exec </dev/null

reports=$(mktemp -d)
background=
# The command that a step waits for ends what it has started.
trap '[ -z "$background" ] || pkill -TERM -P "$background"; rm -rf "$reports"' EXIT
export FORCE_COLOR=0
# A version manager puts a shell script before each program; system tests start Python some hundred times, and want the system's.
PATH=$(printf '%s' "$PATH" | tr ':' '\n' | grep -v '/shims$' | paste -sd: -)
failed_steps=0
# CI takes under 40 minutes. So many seconds after its start no more is begun of what tries the same on other sites, or beside other programs.
NO_MORE_AFTER=1500
HOSTS='test/system/(acceptance|lab|provision)/'
HOSTS_LATER=(acceptance/docker-traps provision/mesos-site provision/two-sites)

# step TITLE LIMIT COMMAND…: LIMIT keeps a hanging step from eating the time of the others.
step() {
  local title=$1 limit=$2 started=$SECONDS status=0
  shift 2
  printf '\n==> %s\n' "$title"
  timeout --kill-after=60s "$limit" "$@" || status=$?
  if [ "$status" -eq 0 ]; then
    printf '<== %s: ok in %s s\n' "$title" $((SECONDS - started))
    return
  fi
  [ "$status" -eq 124 ] && printf 'stopped after %s\n' "$limit"
  printf '<== %s: FAILED with exit code %s after %s s\n' "$title" "$status" $((SECONDS - started))
  return 1
}

check() { step "$@" || failed_steps=$((failed_steps + 1)); }

# tests NAME TITLE LIMIT SCRIPT OPTION…: failed tests are counted from the report; a run without a report counts as one failure.
# What a script would build first is built by then: two that run beside each other would take it from under each other.
tests() {
  local report=$reports/$1.json title=$2 limit=$3 script=$4
  step "$title" "$limit" npm run --silent --ignore-scripts "$script" -- --ci --json --outputFile="$report" "${@:5}" && return
  [ -s "$report" ] || failed_steps=$((failed_steps + 1))
}

# Whole hosts wait much, for Ansible and for one another.
tests_of_hosts() {
  local name file later
  later=$(IFS='|' && printf '%s' "${HOSTS_LATER[*]}")
  tests hosts 'system tests of whole hosts' 55m test:system --testPathPatterns "^(?!.*($later)).*$HOSTS"
  for name in "${HOSTS_LATER[@]}"; do
    file=test/system/$name.test.ts
    if [ "$SECONDS" -lt "$NO_MORE_AFTER" ]; then
      tests "hosts-${name##*/}" "system tests of whole hosts: $name" 15m test:system --testPathPatterns "$file"
    else
      printf '\nLEFT OUT, as this machine took %s minutes until here: npm run test:system -- --testPathPatterns %s\n' \
        $((SECONDS / 60)) "$file"
    fi
  done
}

# beside COMMAND…: in the background; what it prints is kept until `join`.
beside() {
  ("$@"; exit "$failed_steps") >"$reports/beside.log" 2>&1 &
  background=$!
}

join() {
  wait "$background" || failed_steps=$((failed_steps + $?))
  background=
  cat "$reports/beside.log"
}

check 'packages of the system' 10m bash scripts/setup-debian.sh
[ -e /sbin/ifquery ] || export IFQUERY="$PWD/dist/tools/ifupdown/sbin/ifquery"
check 'types' 5m npm run --silent typecheck
check 'lint' 2m npm run --silent lint
check 'build' 5m npm run --silent build
check 'shell scripts' 2m bash scripts/lint-shell.sh
check 'Ansible' 2m npm run --silent lint:ansible
check 'fuzzers' 5m npm run --silent fuzz -- --seconds 2 --seed 1
tests unit 'unit tests, simulations, golden files, architecture' 15m test --maxWorkers=2
if [ "$(id -u)" -eq 0 ]; then
  beside tests_of_hosts
  tests agents 'system tests of agents' 55m test:system --testPathPatterns '^(?!.*'"$HOSTS)"
  join
else
  printf '\nsystem tests left out: they make network namespaces and hosts, which takes root\n'
fi

printf '\n'
node scripts/count-tests.mjs "$reports" "$failed_steps"
