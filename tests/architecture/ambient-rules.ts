/** Checks that time, randomness and I/O come from the runtime: no ambient global, no module of Node's that touches the outside. */

import { type BindingIdentifier, type BindingPattern, type ParamPattern, Visitor, type VisitorObject } from 'oxc-parser'
import { ambientGlobals, ambientMembers, pureNodeModules } from './rules.ts'
import type { SourceFile, Violation } from './source-file.ts'

const RULE = 'ambient'
const GLOBAL_OBJECTS: readonly string[] = ['global', 'globalThis', 'self']

interface Named {
  readonly name: string
  readonly start: number
}

export function checkAmbient(file: SourceFile): Violation[] {
  const violations = file.imports
    .filter(({ specifier, isTypeOnly }) => specifier.startsWith('node:') && !isTypeOnly && !pureNodeModules.includes(specifier))
    .map(({ specifier, line }) => ({ path: file.path, line, rule: RULE, message: `${specifier} is for the runtime alone` }))
  const { references, declared } = collectNames(file)
  for (const { name, start } of references) {
    if (ambientGlobals.includes(name) && !declared.has(name))
      violations.push(file.violation(start, RULE, `${name} is for the runtime alone`))
  }
  return [...violations, ...checkMembers(file, declared)]
}

function checkMembers(file: SourceFile, declared: ReadonlySet<string>): Violation[] {
  const violations: Violation[] = []
  const report = (start: number, name: string): void =>
    void violations.push(file.violation(start, RULE, `${name} is for the runtime alone`))
  new Visitor({
    ImportExpression(node) {
      if (node.source.type !== 'Literal') report(node.start, 'an import whose module is not written out')
    },
    MemberExpression(node) {
      const { object, property } = node
      const member =
        property.type === 'Identifier' && !node.computed ? property.name : property.type === 'Literal' ? property.value : undefined
      if (object.type !== 'Identifier' || typeof member !== 'string' || declared.has(object.name)) return
      const isAmbient = GLOBAL_OBJECTS.includes(object.name) && (ambientGlobals.includes(member) || member in ambientMembers)
      if (isAmbient || ambientMembers[object.name]?.includes(member) === true) report(node.start, `${object.name}.${member}`)
    },
    VariableDeclarator({ id, init }) {
      if (id.type !== 'ObjectPattern' || init?.type !== 'Identifier') return
      const banned = GLOBAL_OBJECTS.includes(init.name) ? ambientGlobals : (ambientMembers[init.name] ?? [])
      for (const property of id.properties) {
        if (property.type !== 'Property' || property.key.type !== 'Identifier') continue
        if (banned.includes(property.key.name)) report(property.start, `${init.name}.${property.key.name}`)
      }
    },
  }).visit(file.program)
  return violations
}

/** Identifiers that refer to values, and the names that the file gives a meaning of its own. */
function collectNames(file: SourceFile): { references: Named[]; declared: Set<string> } {
  const identifiers = new Map<number, Named>()
  /** Starts of identifiers that are names of properties, members and types and refer to nothing. */
  const inert = new Set<number>()
  const declared = new Set<string>()
  const declare = (pattern: BindingPattern | ParamPattern | null): void => {
    for (const name of boundNames(pattern)) declared.add(name)
  }
  const declareFunction = (node: { id: BindingIdentifier | null; params: readonly ParamPattern[] }): void => {
    declare(node.id)
    for (const parameter of node.params) declare(parameter)
  }
  const inertKey = (node: { computed: boolean; key: { start: number } }): void => void (node.computed || inert.add(node.key.start))
  const visitor: VisitorObject = {
    Identifier: (node) => void identifiers.set(node.start, node),
    MemberExpression: (node) => void (node.computed || inert.add(node.property.start)),
    Property: (node) => {
      if (!node.shorthand) inertKey(node)
    },
    PropertyDefinition: inertKey,
    MethodDefinition: inertKey,
    AccessorProperty: inertKey,
    TSPropertySignature: inertKey,
    TSMethodSignature: inertKey,
    TSTypeReference: (node) => void inert.add(node.typeName.start),
    TSInterfaceHeritage: (node) => void inert.add(node.expression.start),
    TSTypeQuery: (node) => void inert.add(node.exprName.start),
    ImportSpecifier: (node) => declare(node.local),
    VariableDeclarator: (node) => declare(node.id),
    FunctionDeclaration: declareFunction,
    FunctionExpression: declareFunction,
    ArrowFunctionExpression: declareFunction,
    ClassDeclaration: (node) => declare(node.id),
  }
  new Visitor(visitor).visit(file.program)
  return { references: [...identifiers.values()].filter(({ start }) => !inert.has(start)), declared }
}

/** The names that a pattern gives values to. */
function boundNames(pattern: BindingPattern | ParamPattern | null): string[] {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern.name]
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) => boundNames(property.type === 'Property' ? property.value : property.argument))
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element?.type === 'RestElement' ? boundNames(element.argument) : boundNames(element)))
    case 'AssignmentPattern':
      return boundNames(pattern.left)
    case 'RestElement':
      return boundNames(pattern.argument)
    default:
      return []
  }
}
