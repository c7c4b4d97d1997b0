/** Checks what a reader would stumble over: holes in the types, files and functions that are too long, work left for later. */

import { Visitor } from 'oxc-parser'
import { MAX_FILE_LINES, MAX_FUNCTION_LINES } from './rules.ts'
import type { SourceFile, Violation } from './source-file.ts'

export function checkTypes(file: SourceFile): Violation[] {
  const violations: Violation[] = []
  const report = (start: number, message: string): void => void violations.push(file.violation(start, 'types', message))
  const checkAssertion = (node: { start: number; expression: { type: string } }): void => {
    const { expression } = node
    const inner = expression.type === 'ParenthesizedExpression' && 'expression' in expression ? expression.expression : expression
    if (isUnknownAssertion(inner)) report(node.start, 'an assertion by way of unknown')
  }
  new Visitor({
    TSAnyKeyword: (node) => report(node.start, 'any'),
    TSNonNullExpression: (node) => report(node.start, 'a non-null assertion'),
    TSAsExpression: checkAssertion,
    TSTypeAssertion: checkAssertion,
    PropertyDefinition: (node) => {
      if (node.definite) report(node.start, 'a definite assignment assertion')
    },
    VariableDeclarator: (node) => {
      if (node.definite === true) report(node.start, 'a definite assignment assertion')
    },
  }).visit(file.program)
  return violations
}

function isUnknownAssertion(node: unknown): boolean {
  if (typeof node !== 'object' || node === null || !('typeAnnotation' in node)) return false
  const { typeAnnotation } = node
  return (
    typeof typeAnnotation === 'object' && typeAnnotation !== null && 'type' in typeAnnotation && typeAnnotation.type === 'TSUnknownKeyword'
  )
}

export function checkFileLength(file: SourceFile): Violation[] {
  if (file.lineCount <= MAX_FILE_LINES) return []
  return [{ path: file.path, line: 1, rule: 'length', message: `${file.lineCount} lines, more than ${MAX_FILE_LINES}` }]
}

export function checkFunctionLengths(file: SourceFile): Violation[] {
  const violations: Violation[] = []
  const check = (node: { start: number; end: number }): void => {
    const lines = file.lineAt(node.end - 1) - file.lineAt(node.start) + 1
    if (lines > MAX_FUNCTION_LINES)
      violations.push(file.violation(node.start, 'length', `a function of ${lines} lines, more than ${MAX_FUNCTION_LINES}`))
  }
  new Visitor({ FunctionDeclaration: check, FunctionExpression: check, ArrowFunctionExpression: check }).visit(file.program)
  return violations
}

export function checkComments(file: SourceFile): Violation[] {
  return file.comments
    .filter(({ value }) => /\b(?:TODO|FIXME|XXX|HACK)\b/.test(value))
    .map(({ start }) => file.violation(start, 'unfinished', 'a note of work left undone'))
}
