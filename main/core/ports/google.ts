/** Access tokens for Google's APIs. */
export type GoogleTokens = {
  /**
   * A token that is good for some minutes at least: of the service account whose key file that is, by its absolute path,
   * or without one by application default credentials. Throws `secret-unresolved` where there are none or Google refuses
   * them, `target-unreachable` where Google did not answer.
   */
  get(keyFile: string | undefined): Promise<string>;
};
