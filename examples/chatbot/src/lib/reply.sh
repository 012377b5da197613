# The reply rules, for sourcing. APP is the folder that build.sh laid out.

# reply_to MESSAGE: prints "word<TAB>reply".
reply_to() {
  MESSAGE=$1 BOT_NAME=${BOT_NAME:-Harbour} APP_ENV=${APP_ENV:-none} awk -f "$APP/lib/reply.awk" "$APP/replies.tsv"
}

# message_of: the "message" of the JSON object on standard input.
message_of() {
  LC_ALL=C awk -f "$APP/lib/message.awk"
}

# json TEXT: TEXT as a JSON string, quotes included. Control characters become blanks.
json() {
  printf '%s' "$1" | LC_ALL=C tr '\000-\037' ' ' | sed -e 's/[\\"]/\\&/g' -e '1s/^/"/' -e '$s/$/"/' | grep . || printf '""'
}
