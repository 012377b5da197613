/**
 * In the place of dockerode's lib/session.js and lib/buildkit.js: a megabyte of gRPC and protobuf for `buildImage`, which
 * Gantry does not call, and which would look in vain for its .proto files beside the bundle.
 */
module.exports = () => {
  throw new Error('the bundle has no BuildKit session of dockerode’s');
};
