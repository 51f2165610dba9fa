import { extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js';
import { showForeign } from '../../foreignText.js';

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

/** Reads `WWW-Authenticate` of a 401 or 403. */
export function readChallenge(response: Response): Challenge {
  const header = response.headers.get('www-authenticate') ?? '';
  const { resourceMetadataUrl, scope, error } = extractWWWAuthenticateParams(response);
  const scheme = /^[A-Za-z][\w-]*/.exec(header)?.[0];
  const details: Challenge['details'] = { status: response.status, unsent: true };
  if (scheme !== undefined) details.scheme = scheme;
  if (scope !== undefined) details.scope = showForeign(scope);
  if (error !== undefined) details.error = showForeign(error);
  if (resourceMetadataUrl !== undefined) {
    details.resourceMetadata = resourceMetadataUrl.origin + resourceMetadataUrl.pathname;
  }
  return { header, resourceMetadataUrl, scope, error, details };
}
