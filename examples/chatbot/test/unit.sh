#!/bin/sh
# The reply rules, on the host: sh test/unit.sh
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

expect() { # expect NAME WANTED GOT
  if [ "$2" = "$3" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAIL %s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3"
  fi
}
rule() { reply_to "$1" | cut -f 1; }
text() { reply_to "$1" | cut -f 2; }
refusal() { printf '%s\n' "$1" | awk -f "$here/src/lib/compile.awk" 2>&1 >/dev/null; }

sh "$here/build.sh" "$work/cache" "$work/app" >"$work/log" || { cat "$work/log"; exit 1; }
APP=$work/app
BOT_NAME=Tester APP_ENV=unit
. "$APP/lib/reply.sh"

expect 'a greeting finds its rule' hello "$(rule 'Hello there')"
expect 'capitals and punctuation do not matter' thanks "$(rule '  ...THANKS!!')"
expect 'the first known word decides' weather "$(rule 'is the weather good, bye')"
expect 'part of a word is no word' '*' "$(rule 'hellothere')"
expect 'an unknown message gets the fallback' '*' "$(rule 'qwertz')"
expect 'an empty message gets the fallback' '*' "$(rule '')"
expect 'a star typed by a person is no rule' '*' "$(rule '*')"
expect 'the bot knows its name' 'My name is Tester.' "$(text name)"
expect 'the bot knows where it is' 'You have reached me in unit.' "$(text where)"
BOT_NAME='A & \1 {env}'
expect 'a name is text, not a pattern' 'My name is A & \1 unit.' "$(text who)"
BOT_NAME=Tester

expect 'JSON: the message' 'hi there' "$(printf '{"user":"x","message" : "hi there"}' | message_of)"
expect 'JSON: escapes' 'say "hi" \ A' "$(printf '%s' '{"message":"say \"hi\" \\ \u0041"}' | message_of)"
expect 'JSON: only the top level counts' yes "$(printf '{"a":{"message":"no"},"message":"yes"}' | message_of)"
expect 'JSON: a value that looks like a key' b "$(printf '{"a":"message","message":"b"}' | message_of)"
for bad in 'hello' '' '{"message":1}' '{"message":"open' '[]' '{}'; do
  printf '%s' "$bad" | message_of >/dev/null
  expect "JSON: refused: $bad" 1 "$?"
done
expect 'JSON: written' '"a \"b\" \\ c"' "$(json 'a "b" \ c')"
expect 'JSON: empty' '""' "$(json '')"

expect 'rules: a word twice' 'rules line 2: "hi" already stands in line 1' "$(refusal "$(printf 'hi = a\nhi = b\n* = c')")"
expect 'rules: no reply' 'rules line 1: the reply is empty' "$(refusal 'hi =')"
expect 'rules: no fallback' 'rules: no line for "*", so some messages would stay without an answer' "$(refusal 'hi = a')"
sh "$here/build.sh" "$work/cache" "$work/again" >"$work/log"
expect 'rules: named by their content' 'rules-########' "$(sed 's/[0-9a-f]/#/g; s/^rul#s/rules/' "$APP/MODEL")"
expect 'rules: compiled once' "$(cat "$APP/MODEL"): compiled before" "$(cat "$work/log")"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
