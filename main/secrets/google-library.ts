/** What is used of a large library. A module of our own, because a CommonJS package imported late may break the bundle. */
export { GoogleAuth, IdTokenClient, JWT, OAuth2Client, UserRefreshClient } from 'google-auth-library';
