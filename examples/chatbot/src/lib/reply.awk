# One message (ENVIRON["MESSAGE"]) against the compiled rules: prints the word that decided, a TAB, and the reply.
# The message comes through the environment because awk -v would read backslashes in it.
BEGIN { FS = "\t" }
{ replies[$1] = $2 }
END {
  count = split(tolower(ENVIRON["MESSAGE"]), words, /[^a-z0-9]+/)
  key = "*"
  for (i = 1; i <= count; i++) {
    if (words[i] != "" && words[i] in replies) {
      key = words[i]
      break
    }
  }
  print key "\t" fill(fill(replies[key], "{bot}", ENVIRON["BOT_NAME"]), "{env}", ENVIRON["APP_ENV"])
}
# Not sub(): its replacement would give "&" and "\" a meaning.
function fill(text, slot, value,    at, done) {
  done = ""
  while ((at = index(text, slot)) > 0) {
    done = done substr(text, 1, at - 1) value
    text = substr(text, at + length(slot))
  }
  return done text
}
