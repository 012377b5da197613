# rules/replies.txt -> one line per word: word TAB reply. Refuses what would make a rule unreachable.
function refuse(why) {
  printf "rules line %d: %s\n", NR, why > "/dev/stderr"
  failed = 1
  exit 1
}
/^[ \t]*(#|$)/ { next }
{
  at = index($0, "=")
  if (at == 0) refuse("no \"=\" between words and reply")
  reply = substr($0, at + 1)
  sub(/^[ \t]+/, "", reply)
  sub(/[ \t]+$/, "", reply)
  if (reply == "") refuse("the reply is empty")
  if (index(reply, "\t")) refuse("a reply has no tabs")
  count = split(substr($0, 1, at - 1), words, /[ \t]+/)
  found = 0
  for (i = 1; i <= count; i++) {
    word = words[i]
    if (word == "") continue
    if (word != "*" && word !~ /^[a-z0-9]+$/) refuse("\"" word "\" is not a lower-case word")
    if (word in seen) refuse("\"" word "\" already stands in line " seen[word])
    seen[word] = NR
    found = 1
    print word "\t" reply
  }
  if (!found) refuse("no word before \"=\"")
}
END {
  if (!failed && !("*" in seen)) {
    print "rules: no line for \"*\", so some messages would stay without an answer" > "/dev/stderr"
    exit 1
  }
}
