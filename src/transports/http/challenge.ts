import { extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js';
import { ConnectionError } from '../../errors.js';
import { type ShowForeign, showForeign } from '../../foreignText.js';

/** What a 401 or 403 asks for (R17). */
export interface Challenge {
  /** The header as it came, to see whether the server says anything new. */
  header: string;
  resourceMetadataUrl: URL | undefined;
  scope: string | undefined;
  error: string | undefined;
  /** For programs: `status`, `scheme`, `scope`, `error`, `resourceMetadata`; never a token. */
  details: { [fact: string]: string | number | boolean };
}

/** A request that was refused for want of an authorization. */
export interface Refused {
  challenge: Challenge;
  /** The token it was sent with. */
  token: string | null;
  /** What was asked of the server: a method and its tool, for instance. */
  operation: string;
  /** Whether it is worth a user's time. */
  mayAsk: boolean;
}

/**
 * Reads `WWW-Authenticate` of a 401 or 403.
 *
 * @param redact takes secrets out of what is shown of it: a server may repeat those it was sent
 */
export function readChallenge(response: Response, redact: ShowForeign): Challenge {
  const header = response.headers.get('www-authenticate') ?? '';
  const { resourceMetadataUrl, scope, error } = extractWWWAuthenticateParams(response);
  const scheme = /^[A-Za-z][\w-]*/.exec(header)?.[0];
  const details: Challenge['details'] = { status: response.status, unsent: true };
  const { origin, pathname } = resourceMetadataUrl ?? {};
  const said = { scheme, scope, error, resourceMetadata: origin && origin + pathname };
  for (const [fact, text] of Object.entries(said)) {
    if (text !== undefined) details[fact] = showForeign(text, redact);
  }
  return { header, resourceMetadataUrl, scope, error, details };
}

/** The server wants an authorization that only the user can give. */
export function required(challenge: Challenge): ConnectionError {
  return new ConnectionError('AUTHORIZATION_REQUIRED', 'the server asks for an authorization', {
    details: challenge.details,
  });
}
