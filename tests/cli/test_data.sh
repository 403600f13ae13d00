#!/bin/bash
# cajal data: list, show, and get from a folder and from a server on this machine that stops halfway.
. "$CAJAL_SOURCE/tests/cli/common.sh"

# ---- list and show ----

run 0 data list
for name in mnist fashion-mnist cifar10 omniglot mnist1d cora citeseer tinyshakespeare names fsdd orl-faces ptb sick \
    rt-polarity sms-spam; do
    says out "$name"
done
run 0 data list --json
[ "$(grep -c '"event":"data"' out)" = "$(wc -l <out)" ] || complain "not an event a line"
run 2 data shwo
says err 'did you mean "show"?'
run 2 data get
says err "data get wants the name"
run 2 data get mnits
says err 'did you mean "mnist"?'
run 3 data get cora
says err "knows no place"

data=${CAJAL_DATA:-}
if [ -n "$data" ] && [ -f "$data/graphs/cora.npz" ]; then
    run 0 data show cora
    says out "2708 nodes and 10556 edges"
    run 0 data show cora --json
    [ "$(field out classes)" = 7 ] || complain "cora has 7 classes"
fi
if [ -n "$data" ] && [ -f "$data/text/tinyshakespeare.txt" ]; then
    run 0 data show tinyshakespeare
    says out "65 different characters"
    run 0 data show sick --json
    [ "$(field out sequences)" = 2 ] || complain "sick has pairs"
fi
if [ -n "$data" ] && [ -f "$data/omniglot/images_background_small1.zip" ]; then
    run 0 data show omniglot
    says out "Greek/character01"
fi

# ---- get ----

export CAJAL_DATA=$work/home
mkdir source
head -c 500000 /dev/urandom >source/images_background_small1.zip
head -c 3000 /dev/urandom >source/images_background_small2.zip
"$CAJAL" data get omniglot --from "file://$work/source" >out 2>err </dev/null
case $? in
0) ;;
*)
    says err "apt install libcurl4"
    echo 'not run without libcurl' >&2
    finish
    exit 0
    ;;
esac
says err "licence: MIT"
says out "none is pinned"
same source/images_background_small1.zip home/omniglot/images_background_small1.zip
run 0 data get omniglot --from "file://$work/nowhere" # it is there already
echo other >source/names.txt
run 1 data get names --from "file://$work/source"
says err "not the 228145"
[ ! -e home/text/names.txt ] && [ ! -e home/text/names.txt.part ] || complain "a wrong file was kept"
mkdir -p home/text && echo mine >home/text/names.txt
run 1 data get names --from "file://$work/source"
says err "remove it to get the published one"
[ "$(cat home/text/names.txt)" = mine ] || complain "a file was overwritten"
unset CAJAL_DATA
XDG_CACHE_HOME=$work/cache run 0 data get omniglot --from "file://$work/source"
[ -f cache/cajal/omniglot/images_background_small2.zip ] || complain "not in XDG_CACHE_HOME"
HOME=$work/me XDG_CACHE_HOME='' run 0 data get omniglot --from "file://$work/source"
[ -f me/.cache/cajal/omniglot/images_background_small2.zip ] || complain "not in ~/.cache"

command -v python3 >/dev/null || {
    echo 'the server is not run without python3' >&2
    finish
    exit 0
}
# /ranges/NAME serves ranges, /whole/NAME all or nothing, /cut/NAME only the first half of what is asked for.
cat >server.py <<'END'
import http.server, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        kind, name = self.path.strip("/").split("/")
        data = open("source/" + name, "rb").read()
        begin = 0
        asked = self.headers.get("Range")
        print(kind, name, asked, file=sys.stderr, flush=True)
        if asked and kind != "whole":
            begin = int(asked.split("=")[1].split("-")[0])
            if begin >= len(data):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", "bytes %d-%d/%d" % (begin, len(data) - 1, len(data)))
        else:
            self.send_response(200)
        rest = data[begin:]
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: len(rest) // 2] if kind == "cut" else rest)

    def log_message(self, *arguments):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
END
python3 server.py >port 2>log &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 100); do
    [ -s port ] && break
    sleep 0.1
done
host=http://127.0.0.1:$(cat port)
export CAJAL_DATA=$work/home no_proxy=127.0.0.1
file=home/omniglot/images_background_small1.zip

rm -r home
run 1 data get omniglot --from "$host/cut"
says err "cannot be fetched"
[ ! -e $file ] || complain "half a file was taken for a whole one"
[ "$(wc -c <$file.part)" = 250000 ] || complain "the part has $(wc -c <$file.part) bytes"
run 1 data get omniglot --from "$host/cut"
[ "$(wc -c <$file.part)" = 375000 ] || complain "the part has $(wc -c <$file.part) bytes after the second time"
run 0 data get omniglot --from "$host/ranges"
says log "ranges images_background_small1.zip bytes=375000-"
same source/images_background_small1.zip $file
[ ! -e $file.part ] || complain "the part is still there"

rm $file
head -c 1000 source/images_background_small1.zip >$file.part
run 0 data get omniglot --from "$host/whole" # a server that knows no ranges is asked for all
same source/images_background_small1.zip $file
rm $file
cp source/images_background_small1.zip $file.part
run 0 data get omniglot --from "$host/ranges" # complete, but that is not known: 416, then all again
same source/images_background_small1.zip $file
rm home/text/names.txt 2>/dev/null
run 1 data get names --from "$host/whole"
says err "gave 6 bytes, not the 228145"
finish
