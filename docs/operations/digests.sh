#!/bin/sh
# Writes behind the name of every image in these files the digest that it has now: the same build then
# starts from the same bytes. Run it to move to newer ones, look at the difference, and commit that.
set -eu

for file in "$@"; do
    names=$(sed -nE 's/^(FROM|[[:space:]]+image:)[[:space:]]+([a-z0-9./-]+:[0-9][a-zA-Z0-9.-]*)(@sha256:[0-9a-f]+)?([[:space:]].*)?$/\2/p' "$file" | sort -u)
    for name in $names; do
        digest=$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$name")
        case $digest in
        sha256:*) ;;
        *) echo "$name: the registry gave no digest: is docker signed in, and the name right?" >&2 && exit 1 ;;
        esac
        pattern=$(printf %s "$name" | sed 's/[.]/\\./g')
        sed -i -E "s#(FROM|image:)([[:space:]]+)$pattern(@sha256:[0-9a-f]+)?([[:space:]]|\$)#\1\2$name@$digest\4#" "$file"
        echo "$name@$digest"
    done
done
