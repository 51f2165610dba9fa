import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import {
  answer,
  answerInitialize,
  type Reply,
  type ScriptedServer,
  status,
} from '../../fixtures/servers/http-scripted.js';
import { serve } from './connect.js';

/** Keeps everything in memory, and remembers where it was to send the user. */
export class MemoryProvider implements OAuthClientProvider {
  redirectUrl = 'http://127.0.0.1/callback';
  clientMetadata = { redirect_uris: [this.redirectUrl] };
  stored: OAuthTokens | undefined;
  redirects: URL[] = [];
  verifier = '';
  information: OAuthClientInformationMixed | undefined = { client_id: 'client' };

  constructor(stored?: OAuthTokens) {
    this.stored = stored;
  }
  clientInformation() {
    return this.information;
  }
  saveClientInformation(information: OAuthClientInformationMixed) {
    this.information = information;
  }
  tokens() {
    return this.stored;
  }
  saveTokens(tokens: OAuthTokens) {
    this.stored = tokens;
  }
  redirectToAuthorization(url: URL): void | Promise<void> {
    this.redirects.push(url);
  }
  saveCodeVerifier(verifier: string) {
    this.verifier = verifier;
  }
  codeVerifier() {
    return this.verifier;
  }
}

export const json = (body: unknown): Reply =>
  status(200, { 'content-type': 'application/json' }, JSON.stringify(body));

export const challenge = (more = ''): Reply => status(401, { 'www-authenticate': `Bearer realm="x"${more}` });

/** Replies to whoever has the token. */
export const guarded =
  (token: () => string, reply: Reply, refusal: Reply = challenge()): Reply =>
  (received) =>
    (received.headers.authorization === `Bearer ${token()}` ? reply : refusal)(received);

export const pong: Reply = (received) => answer(received, {});

/** A server that wants the token that its token endpoint gives. */
export async function serveOAuth(token = () => 'good-token'): Promise<ScriptedServer> {
  const server = await serve();
  const origin = `http://127.0.0.1:${server.port}`;
  return server
    .on(
      'GET /.well-known/oauth-protected-resource/mcp',
      json({ resource: server.url, authorization_servers: [origin] }),
    )
    .on(
      'GET /.well-known/oauth-authorization-server',
      json({
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
      }),
    )
    .on('POST /token', (received) =>
      json({ access_token: token(), token_type: 'Bearer', refresh_token: 'refresh-token' })(received),
    )
    .on('initialize', guarded(token, answerInitialize))
    .on('ping', guarded(token, pong));
}

/** What a provider holds that an authorization server gave it earlier. */
export const held = (server: ScriptedServer, token = 'old-token'): OAuthTokens => ({
  access_token: token,
  token_type: 'Bearer',
  refresh_token: 'refresh-token',
  issuer: new URL(server.url).origin,
});
