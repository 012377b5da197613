# Reads a JSON object on standard input and prints the text of its top-level "message". Exit 1: there is none.
{ text = text $0 "\n" }
END {
  length_ = length(text)
  at = skip_space(1)
  if (substr(text, at, 1) != "{") exit 1
  depth = 1
  at++
  while (at <= length_ && depth > 0) {
    char = substr(text, at, 1)
    if (char == "\"") {
      at = read_string(at)
      if (at == 0) exit 1
      next_ = skip_space(at)
      if (depth == 1 && substr(text, next_, 1) == ":" && value == "message") {
        at = skip_space(next_ + 1)
        if (substr(text, at, 1) != "\"" || read_string(at) == 0) exit 1
        printf "%s", value
        exit 0
      }
    } else {
      if (char == "{" || char == "[") depth++
      if (char == "}" || char == "]") depth--
      at++
    }
  }
  exit 1
}
function skip_space(i) {
  while (i <= length_ && index(" \t\r\n", substr(text, i, 1))) i++
  return i
}
# Leaves the string that starts at i in `value`; gives the place behind it, or 0 where it does not end.
function read_string(i,    c, code) {
  value = ""
  for (i++; i <= length_; i++) {
    c = substr(text, i, 1)
    if (c == "\"") return i + 1
    if (c != "\\") {
      value = value c
      continue
    }
    c = substr(text, ++i, 1)
    if (c == "u") {
      # Words of the rules are ASCII; any other escaped character cannot decide and becomes a blank.
      code = substr(text, i + 1, 4)
      value = value (code ~ /^00[2-7]/ ? sprintf("%c", 16 * digit(substr(code, 3, 1)) + digit(substr(code, 4, 1))) : " ")
      i += 4
    } else {
      value = value (c == "n" || c == "t" || c == "r" || c == "b" || c == "f" ? " " : c)
    }
  }
  return 0
}
function digit(c) { return index("0123456789abcdef", tolower(c)) - 1 }
