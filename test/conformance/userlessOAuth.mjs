/** An OAuth provider for authorization servers that ask no user: the answer to the redirect is the code. */
export class UserlessOAuth {
  /** Where the client describes itself, for servers that fetch it instead of registering (SEP-991). */
  clientMetadataUrl = 'https://conformance-test.local/client-metadata.json';
  redirectUrl = 'http://localhost:3000/callback';
  clientMetadata = {
    client_name: 'mcp-lifeline-conformance',
    redirect_uris: ['http://localhost:3000/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
  #client;
  #tokens;
  #verifier;
  #authorizationUrl;

  /** @param registered `client_id` and `client_secret` of a client that the server knows already */
  constructor(registered) {
    this.#client = registered.client_id === undefined ? undefined : registered;
  }

  clientInformation() {
    return this.#client;
  }

  saveClientInformation(client) {
    this.#client = client;
  }

  tokens() {
    return this.#tokens;
  }

  saveTokens(tokens) {
    this.#tokens = tokens;
  }

  codeVerifier() {
    return this.#verifier;
  }

  saveCodeVerifier(verifier) {
    this.#verifier = verifier;
  }

  redirectToAuthorization(url) {
    this.#authorizationUrl = url;
  }

  /** Goes where the user would be sent, and comes back with the code. */
  async code() {
    const { headers } = await fetch(this.#authorizationUrl, { redirect: 'manual' });
    return new URL(headers.get('location')).searchParams.get('code');
  }
}
