/** What stands in the way of change capture, in plain words, and the step that helps. No password, no row. */
export class CaptureObstacle extends Error {
  readonly fix: string | undefined;

  constructor(message: string, fix?: string) {
    super(message);
    this.name = 'CaptureObstacle';
    this.fix = fix;
  }
}
