/** Owns one parsed TypeScript file: its imports, its comments and its syntax tree. */

import { type Comment, parseSync, type Program } from 'oxc-parser'

export interface ModuleImport {
  readonly specifier: string
  /** Only types are imported: nothing of it is left at run time. */
  readonly isTypeOnly: boolean
  readonly line: number
}

/** A violated rule, at a place. */
export interface Violation {
  readonly path: string
  readonly line: number
  readonly rule: string
  readonly message: string
}

export class SourceFile {
  /** Relative to the repository's root, with forward slashes. */
  readonly path: string
  readonly program: Program
  readonly comments: readonly Comment[]
  /** Dynamic ones too, when the module is written out. */
  readonly imports: readonly ModuleImport[]
  readonly lineCount: number
  readonly #lineStarts: number[] = [0]

  constructor(path: string, text: string) {
    const parsed = parseSync(path, text)
    const [error] = parsed.errors
    if (error !== undefined) throw new Error(`${path}: ${error.message}`)
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1)
    this.path = path
    this.program = parsed.program
    this.comments = parsed.comments
    this.lineCount = text.endsWith('\n') ? this.#lineStarts.length - 1 : this.#lineStarts.length
    this.imports = this.#findImports(parsed.module, text)
  }

  /** One-based. */
  lineAt(offset: number): number {
    let low = 0
    let high = this.#lineStarts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }

  violation(offset: number, rule: string, message: string): Violation {
    return { path: this.path, line: this.lineAt(offset), rule, message }
  }

  #findImports(module: ReturnType<typeof parseSync>['module'], text: string): ModuleImport[] {
    const imports: ModuleImport[] = []
    for (const { moduleRequest, entries, start } of module.staticImports) {
      const isTypeOnly = entries.length > 0 && entries.every((entry) => entry.isType)
      imports.push({ specifier: moduleRequest.value, isTypeOnly, line: this.lineAt(start) })
    }
    for (const { entries, start } of module.staticExports) {
      for (const { moduleRequest, isType } of entries) {
        if (moduleRequest) imports.push({ specifier: moduleRequest.value, isTypeOnly: isType, line: this.lineAt(start) })
      }
    }
    for (const { moduleRequest, start } of module.dynamicImports) {
      const [, specifier] = /^['"]([^'"]*)['"]$/.exec(text.slice(moduleRequest.start, moduleRequest.end)) ?? []
      if (specifier !== undefined) imports.push({ specifier, isTypeOnly: false, line: this.lineAt(start) })
    }
    return imports
  }
}
