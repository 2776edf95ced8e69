#!/usr/bin/env bash
# Swift 6, from the PATH or else from a Debian 13 chroot.
#
#   swift.sh available                       exit 0 if Swift can be used here; else say why not, exit 1
#   swift.sh prepare                         make the chroot, if Swift is not on the PATH (1–2 minutes, once)
#   swift.sh test  PACKAGE_DIR [ARG...]      swift test
#   swift.sh build PACKAGE_DIR [ARG...]      swift build
#   swift.sh lint  PACKAGE_DIR [PATH...]     swift format lint --strict (default: all but generated files)
#   swift.sh run   PACKAGE_DIR PRODUCT [ARG...]  become an executable that `build` made; builds nothing
#   swift.sh built PACKAGE_DIR PRODUCT       exit 0 if `run` would find it
#   swift.sh exec  PACKAGE_DIR CMD...        any command, in the package's folder
#   swift.sh clean                           drop the build products
#
# Environment:
#   SWIFT_CHROOT_LIB    folder with the Rust library; handed to the linker and the loader
#                       (in the chroot it is /rustlib)
#   SWIFT_PASS_ENV      names of further variables a command shall see: "MSO_SERVER MSO_STORE"
#   SWIFT_CHROOT_BIND   further folders the chroot shall see at their own path: "/a/b:/c/d"
#   SWIFT_CHROOT        where the chroot lies (default: ~/.cache/mso-swift-trixie; 2.6 GB)
#   SWIFT_CHROOT_MIRROR Debian mirror (default: the one in the host's apt sources)
#   SWIFT_FORCE_CHROOT  1: use the chroot although there is a swift on the PATH
#
# Debian 12 has no Swift package and swift.org's tarballs are one more host to trust; Debian 13
# has swiftlang. Mounts live in a private mount namespace, so nothing stays mounted however a run
# ends. The chroot's /tmp is empty and its own. The repository is seen at its own path, so a package may depend on `../other`; build
# products stay outside of it. Standard output belongs to the command: all that this script has to
# say goes to standard error, and `run` ends in exec, so that a signal reaches the program itself.
set -euo pipefail

REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}
ROOT=${SWIFT_CHROOT:-$CACHE/mso-swift-trixie}
# Raise the number when what is installed changes: an older chroot is then made anew.
STAMP=$ROOT/.mso-swift-1
# What swiftlang leaves out, and the OpenSSL which the Rust library (SQLCipher) is linked to.
PACKAGES="ca-certificates git libc6-dev libncurses6 libsqlite3-0 libssl3t64 libstdc++-14-dev libxml2"

say() { echo "swift.sh: $*" >&2; }
die() { say "$*"; exit 1; }

native() {
  [ "${SWIFT_FORCE_CHROOT:-}" != 1 ] || return 1
  command -v swift >/dev/null || return 1
  local major
  major=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\..*/\1/p' | head -1)
  [ "${major:-0}" -ge 6 ]
}

# Prints what stands in the way of the chroot; nothing when all is well.
obstacle() {
  [ "$(uname -s)" = Linux ] || { echo "no Swift 6 on the PATH (install it from swift.org)"; return; }
  [ "$(id -u)" = 0 ] || { echo "no Swift 6 on the PATH, and the Debian 13 chroot needs root"; return; }
  unshare --mount true 2>/dev/null ||
    { echo "no Swift 6 on the PATH, and this container may not mount, which the Debian 13 chroot needs"; return; }
  [ -e "$STAMP" ] || command -v debootstrap >/dev/null || command -v apt-get >/dev/null ||
    echo "no Swift 6 on the PATH, and no debootstrap to make the Debian 13 chroot with"
}

# --- the chroot ---------------------------------------------------------------------------------

# The host's own mirror, so that a machine which sees only that one works too. Empty on a host that
# is not Debian: debootstrap then takes its default.
mirror() {
  if [ -n "${SWIFT_CHROOT_MIRROR:-}" ]; then echo "$SWIFT_CHROOT_MIRROR"; return; fi
  { sed -n 's/^URIs:[[:space:]]*//p' /etc/apt/sources.list.d/*.sources || true
    sed -n 's/^deb[[:space:]]\(\[[^]]*\][[:space:]]*\)\{0,1\}\([^[:space:]]*\).*/\2/p' \
      /etc/apt/sources.list /etc/apt/sources.list.d/*.list || true
  } 2>/dev/null | tr ' ' '\n' | sed 's|/$||' | grep -m1 '/debian$' || true
}

# Becomes "$@" in the chroot, in folder $1 (may be empty).
enter() {
  local dir=$1; shift
  local pass=() name
  for name in CI TERM http_proxy https_proxy no_proxy ${SWIFT_PASS_ENV:-}; do
    [ -z "${!name+set}" ] || pass+=("$name=${!name}")
  done
  # shellcheck disable=SC2016 # expanded by the inner shell
  ROOT=$ROOT DIR=$dir LIB=${SWIFT_CHROOT_LIB:-} BIND=$REPOSITORY:${SWIFT_CHROOT_BIND:-} \
    exec unshare --mount --propagation private bash -euc '
      bind() { # host path, path inside
        if [ -d "$1" ]; then mkdir -p "$ROOT$2"; else [ -e "$ROOT$2" ] || : >"$ROOT$2"; fi
        mount --bind "$1" "$ROOT$2"
      }
      mkdir -p "$ROOT"/{proc,dev,tmp}
      mount --rbind /proc "$ROOT/proc"
      mount --rbind /dev "$ROOT/dev"
      mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp" # mount points below it leave no trace
      bind "$(realpath /etc/resolv.conf)" /etc/resolv.conf
      bind /etc/hosts /etc/hosts
      [ -z "$LIB" ] || bind "$LIB" /rustlib
      IFS=: read -ra folders <<<"$BIND"
      for folder in "${folders[@]}"; do [ -z "$folder" ] || bind "$folder" "$folder"; done
      root=$ROOT dir=${DIR:-/}
      unset ROOT DIR LIB BIND
      exec chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 \
        PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin LD_LIBRARY_PATH=/rustlib "${@:2:$1}" \
        bash -c "cd \"\$0\" && exec \"\$@\"" "$dir" "${@:$1+2}"
    ' bash "${#pass[@]}" ${pass[@]+"${pass[@]}"} "$@"
}

prepare() {
  if native; then return; fi
  local why; why=$(obstacle); [ -z "$why" ] || die "$why"
  [ ! -e "$STAMP" ] || return 0
  mkdir -p "$(dirname "$ROOT")"
  # Two builds may start at once; the second waits. The lock is closed before any command runs.
  exec 9>"$ROOT.lock"; flock 9
  if [ -e "$STAMP" ]; then exec 9>&-; return; fi
  command -v debootstrap >/dev/null || {
    say "installing debootstrap"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        apt-get install -yqq --no-install-recommends debootstrap; } >&2 || die "apt-get could not install debootstrap"
  }
  # Half a chroot is made anew; a folder that somebody else filled is not ours to delete.
  [ -z "$(ls -A "$ROOT" 2>/dev/null)" ] || [ -e "$ROOT.log" ] || die "$ROOT is not empty and not our chroot"
  local from; from=$(mirror)
  rm -rf --one-file-system "$ROOT"
  say "making a Debian 13 chroot with Swift in $ROOT (1–2 minutes, once)"
  # Signatures are checked against Debian's keyring, which debootstrap recommends but Ubuntu may lack.
  debootstrap --variant=minbase --include="swiftlang,${PACKAGES// /,}" trixie "$ROOT" ${from:+"$from"} \
    >"$ROOT.log" 2>&1 || { tail -20 "$ROOT.log" >&2; die "debootstrap failed; the whole log is $ROOT.log"; }
  rm -rf "$ROOT"/usr/share/{doc,man,locale} "$ROOT"/var/lib/apt/lists/* "$ROOT"/var/cache/apt/archives/*.deb
  touch "$STAMP"
  exec 9>&-
}

# --- one way to say the same to both ------------------------------------------------------------

# Becomes "$@" in folder $1, wherever Swift is.
become() {
  local dir=$1; shift
  if native; then
    [ -z "${SWIFT_CHROOT_LIB:-}" ] ||
      export LD_LIBRARY_PATH="$SWIFT_CHROOT_LIB" DYLD_LIBRARY_PATH="$SWIFT_CHROOT_LIB"
    cd "$dir"; exec "$@"
  fi
  prepare
  enter "$dir" "$@"
}

# Where the package's products go, as the command sees it. The check sum keeps two checkouts apart.
scratch() {
  local id; id=$(basename "$1")-$(printf %s "$1" | cksum | cut -d' ' -f1)
  if native; then echo "$CACHE/mso-swift-build/$id"; else echo "/var/cache/mso-swift-build/$id"; fi
}

swiftpm() { # verb, package, arguments
  local verb=$1 package=$2; shift 2
  local flags=(--scratch-path "$(scratch "$package")")
  if native; then
    [ -z "${SWIFT_CHROOT_LIB:-}" ] || flags+=(-Xlinker "-L$SWIFT_CHROOT_LIB")
  else
    # The chroot is the sandbox. Debian's libswiftObservation leaves symbols open that nothing uses.
    flags+=(--disable-sandbox -Xlinker --unresolved-symbols=ignore-in-shared-libs)
    [ -z "${SWIFT_CHROOT_LIB:-}" ] || flags+=(-Xlinker -L/rustlib)
  fi
  become "$package" swift "$verb" "${flags[@]}" "$@"
}

lint() { # package, paths
  local package=$1; shift
  if [ $# -eq 0 ]; then
    local files
    mapfile -t files < <(cd "$package" && find . -name .build -prune -o -name '*.swift' \
      -exec grep -L 'autogenerated by' {} + | sort)
    [ "${#files[@]}" -gt 0 ] || die "no Swift file in $package"
    set -- "${files[@]}"
  fi
  become "$package" swift format lint --strict --parallel "$@"
}

verb=${1:-help}; shift || true
case $verb in
  test|build|lint|run|built|exec)
    [ $# -ge 1 ] || die "$verb needs a package folder"
    package=$(realpath -e "$1") || exit 1; shift
    [ -e "$package/Package.swift" ] || die "no Package.swift in $package" ;;
esac
# The chroot sees the repository anyhow; a package from elsewhere must be shown to it.
case ${package:-$REPOSITORY}/ in
  "$REPOSITORY"/*) ;;
  *) SWIFT_CHROOT_BIND=$package:${SWIFT_CHROOT_BIND:-} ;;
esac
[ -z "${SWIFT_CHROOT_LIB:-}" ] || SWIFT_CHROOT_LIB=$(realpath -e "$SWIFT_CHROOT_LIB")

case $verb in
  available)
    native && exit 0
    why=$(obstacle); [ -z "$why" ] || { say "$why"; exit 1; } ;;
  prepare) prepare ;;
  test|build) swiftpm "$verb" "$package" "$@" ;;
  lint) lint "$package" "$@" ;;
  run)
    [ $# -ge 1 ] || die "run needs the name of a product"
    product=$1; shift
    become "$package" "$(scratch "$package")/debug/$product" "$@" ;;
  built)
    [ $# -eq 1 ] || die "built needs the name of a product"
    inside=; native || inside=$ROOT
    [ -x "$inside$(scratch "$package")/debug/$1" ] ;;
  exec)
    [ $# -ge 1 ] || die "exec needs a command"
    become "$package" "$@" ;;
  clean) rm -rf --one-file-system "$CACHE/mso-swift-build" "$ROOT/var/cache/mso-swift-build" ;;
  *) sed -n '3,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
