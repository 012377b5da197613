const { Agent } = require('node:http');

/**
 * In the place of docker-modem's lib/ssh.js, which it requires at its top: ssh2 and its ciphers, more than all the rest
 * of it, are loaded with the first connection.
 */
module.exports = (options) => {
  const agent = new Agent();
  agent.createConnection = (request, connected) => {
    import('docker-modem/lib/ssh.js')
      .then(({ default: sshAgent }) => sshAgent(options).createConnection(request, connected))
      .catch(connected);
  };
  return agent;
};
