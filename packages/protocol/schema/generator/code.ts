/** Lines of generated code, indented by their depth. */

export class Code {
  private readonly lines: string[] = []
  private depth = 0

  line(text: string): this {
    this.lines.push(text === '' ? '' : '  '.repeat(this.depth) + text)
    return this
  }

  /** `head {`, the body one step deeper, `}`. */
  block(head: string, body: () => void): this {
    this.line(`${head} {`)
    this.depth++
    body()
    this.depth--
    return this.line('}')
  }

  append(other: Code): this {
    for (const line of other.lines) this.line(line)
    return this
  }

  /** Whether `name` occurs, other than as a property. */
  mentions(name: string): boolean {
    const word = new RegExp(`(?<![.\\w])${name}\\b(?!:)`)
    return this.lines.some((line) => word.test(line))
  }

  toString(): string {
    return `${this.lines.join('\n')}\n`
  }
}
