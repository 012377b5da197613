# What the CGI programs share. busybox httpd turns a leading "Status:" header into the status line.

# answer STATUS JSON
answer() {
  printf 'Status: %s\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n\r\n%s\n' "$1" "$2"
}

# note LEVEL TEXT: one line on the container's log, where LOG_LEVEL asks for it.
note() {
  case ${LOG_LEVEL:-info}:$1 in
    debug:* | info:info | info:warn | warn:warn) printf '%s %s\n' "$1" "$2" >&2 ;;
  esac
}
