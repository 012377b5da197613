/** Who is asked for an identity token, and for whom it is. */
export type GoogleIdentity = {
  /** The only one that is to take the token for good. */
  readonly audience: string;
  /** A key file by its absolute path, or an access token that somebody else got. */
  readonly by: 'application-default' | { readonly keyFile: string } | { readonly accessToken: string };
  /** The service account that it is to be of, where that is another one: they may ask for its tokens. */
  readonly impersonate?: string;
};

/** Access tokens for Google's APIs, and identity tokens for services that let in only those who sign in. */
export type GoogleTokens = {
  /**
   * A token that is good for some minutes at least: of the service account whose key file that is, by its absolute path,
   * or without one by application default credentials. Throws `secret-unresolved` where there are none or Google refuses
   * them, `target-unreachable` where Google did not answer.
   */
  get(keyFile: string | undefined): Promise<string>;
  /**
   * A token that says to its audience who asks, good for some minutes at least. Throws what `get` throws;
   * `secret-unresolved` also for those who cannot have one for an audience, which are persons and access tokens.
   */
  identity(wanted: GoogleIdentity): Promise<string>;
};
