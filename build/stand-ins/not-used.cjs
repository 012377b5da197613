/**
 * In the place of what dockerode and docker-modem require at their tops and Gantry never calls: lib/ssh.js (ssh2 and its
 * ciphers; Gantry starts the person's own ssh), lib/session.js and lib/buildkit.js (a megabyte of gRPC and protobuf, which
 * would look in vain for its .proto files beside the bundle), lib/http_duplex.js (streams for Node 6), and all that
 * dockerode puts around docker-modem, which alone is spoken to.
 */
module.exports = () => {
  throw new Error('the bundle has nothing of dockerode but its modem');
};
