/** Spring Boot's manners: its error body, and faults that handlers throw to get one. */

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  418: "I'm a teapot",
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

export interface FieldError {
  field: string;
  rejectedValue: unknown;
  defaultMessage: string;
}

/** Thrown by a handler; becomes Spring's error body with this status. */
export class SpringFault extends Error {
  readonly status: number;
  readonly errors: readonly FieldError[];

  constructor(status: number, message: string, errors: readonly FieldError[] = []) {
    super(message);
    this.name = 'SpringFault';
    this.status = status;
    this.errors = errors;
  }
}

/** 400 the way bean validation answers it; the words for people stand in `errors[0].defaultMessage`. */
export function invalid(errors: readonly FieldError[]): SpringFault {
  const message = `Validation failed for object='authenRequest'. Error count: ${errors.length}`;
  return new SpringFault(400, message, errors);
}

/** `errors` is absent when there are none; `path` holds the pid of a look-up, as Spring's does. */
export function errorBody(fault: SpringFault, path: string, now: number): Record<string, unknown> {
  const body: Record<string, unknown> = {
    timestamp: new Date(now).toISOString().replace('Z', '+00:00'),
    status: fault.status,
    error: REASONS[fault.status] ?? 'Error',
    message: fault.message,
    path,
  };
  if (fault.errors.length > 0) {
    body.errors = fault.errors.map((e) => ({
      codes: [`Invalid.authenRequest.${e.field}`, `Invalid.${e.field}`, 'Invalid'],
      defaultMessage: e.defaultMessage,
      objectName: 'authenRequest',
      field: e.field,
      rejectedValue: e.rejectedValue,
      bindingFailure: false,
      code: 'Invalid',
    }));
  }
  return body;
}

/** express.json's own errors carry a status; anything else is a fault of the simulator and says so. */
export function asFault(error: unknown): SpringFault {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  const text = error instanceof Error ? error.message : String(error);
  return new SpringFault(status, status === 400 ? `JSON parse error: ${text}` : text);
}
