#!/bin/sh
# Runs one of the verifier's programs: tests/verifier/run.sh verify.mjs transcript /path/to/transcript.json
# Fetches its libraries, and a newer Node if the machine's is too old.
set -eu
cd "$(dirname "$0")"
[ -d node_modules ] || npm ci --no-audit --no-fund >&2
is_new='const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 19) ? 0 : 1)'
if node -e "$is_new" 2>/dev/null; then
  exec node "$@"
fi
exec npx --yes --package node@22.21.1 node "$@"
