/** What a run has to say: figures as they come, and everything that did not hold. */
export class Report {
  readonly failures: string[] = [];

  title(text: string): void {
    console.log(`\n${text}\n`);
  }

  progress(text: string): void {
    console.log(`  … ${text}`);
  }

  figure(name: string, value: string | number): void {
    console.log(`  ${name.padEnd(44)} ${value}`);
  }

  fail(text: string): void {
    this.failures.push(text);
    console.log(`\nFAILED  ${text}\n`);
  }

  /** A condition that must hold, with the figure that shows it. */
  expect(isMet: boolean, name: string, value: string | number): void {
    this.figure(name, value);
    if (!isMet) this.fail(`${name}: ${value}`);
  }
}
