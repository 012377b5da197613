/**
 * In the place of node:https in docker-modem's lib/http.js: nothing but `request` is called there, and most engines are
 * spoken to without TLS, which takes 5 ms to load, and far longer where NODE_EXTRA_CA_CERTS is set.
 */
exports.request = (...args) => process.getBuiltinModule('node:https').request(...args);
