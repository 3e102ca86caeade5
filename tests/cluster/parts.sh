#!/bin/sh
# Makes sure that the Debian packages named are there; installs them where it may.
set -u
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

there() {
    case $1 in
        # Debian keeps the server's programs off the PATH, one folder a version.
        postgresql) command -v initdb || ls /usr/lib/postgresql/*/bin/initdb ;;
        systemd) command -v systemd-analyze ;;
        nodejs) command -v node ;;
        varnish) command -v varnishd ;;
        webkit2gtk-driver) command -v WebKitWebDriver ;;
        xvfb) command -v Xvfb ;;
        *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

missing() {
    for package in "$@"; do
        there "$package" || printf '%s ' "$package"
    done
}

# No server that is installed here may start: Caddy would take port 80, Varnish 6081, squid 3128.
POLICY=/usr/sbin/policy-rc.d

forbid_starts() {
    if [ ! -e $POLICY ]; then
        trap 'rm -f $POLICY' EXIT
        printf '#!/bin/sh\nexit 101\n' >$POLICY
        chmod 755 $POLICY
    fi
}

install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update && apt-get -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"
}

absent=$(missing "$@")
if [ -n "$absent" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    forbid_starts
    # Unquoted on purpose: one word a package. Mirrors hiccup, hence the second try.
    install $absent >/dev/null || install $absent >/dev/null
    absent=$(missing "$@")
fi
if [ -n "$absent" ]; then
    echo "missing: ${absent% } (Debian packages; install them and run this again)" >&2
    exit 1
fi
