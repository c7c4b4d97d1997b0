/** The words of a command line so far, read along the command tree: which command it is, and what its last word stands for. */

import type { Argument, Command, Option } from 'commander'

/** What the last word is. */
export type Place =
  | { readonly kind: 'command'; readonly commands: readonly Command[] }
  | { readonly kind: 'option'; readonly options: readonly Option[] }
  | { readonly kind: 'value'; readonly of: Option | Argument; readonly prefix: string }
  | { readonly kind: 'nothing' }

export interface CommandWords {
  readonly place: Place
  /** The last word, as far as it is typed; of `--option=value` what follows the sign. */
  readonly partial: string
  /** Values of options so far, by their names in commander, in order. */
  readonly values: ReadonlyMap<string, readonly string[]>
}

export function readCommandWords(program: Command, words: readonly string[]): CommandWords {
  const reader = new WordReader(program)
  for (const word of words.slice(0, -1)) reader.read(word)
  return reader.last(words.at(-1) ?? '')
}

class WordReader {
  #command: Command
  #arguments = 0
  #awaiting: Option | undefined
  #isOnlyArguments = false
  readonly #values = new Map<string, string[]>()

  constructor(program: Command) {
    this.#command = program
  }

  read(word: string): void {
    if (this.#awaiting !== undefined) {
      this.#keep(this.#awaiting, word)
      this.#awaiting = undefined
    } else if (word === '--') this.#isOnlyArguments = true
    else if (word.startsWith('-') && !this.#isOnlyArguments) this.#readOption(word)
    else {
      const child = visible(this.#command).find((command) => command.name() === word || command.aliases().includes(word))
      if (child === undefined) this.#arguments++
      else this.#command = child
    }
  }

  last(word: string): CommandWords {
    const values = this.#values
    if (this.#awaiting !== undefined) return { place: { kind: 'value', of: this.#awaiting, prefix: '' }, partial: word, values }
    if (word.startsWith('-') && !this.#isOnlyArguments) {
      const [, flag, partial] = /^(--[^=]+)=(.*)$/s.exec(word) ?? []
      const option = flag === undefined ? undefined : this.#option(flag)
      if (option === undefined || partial === undefined) {
        return { place: { kind: 'option', options: this.#command.options.filter(({ hidden }) => !hidden) }, partial: word, values }
      }
      return { place: { kind: 'value', of: option, prefix: `${flag}=` }, partial, values }
    }
    const commands = visible(this.#command)
    if (commands.length > 0 && this.#arguments === 0) return { place: { kind: 'command', commands }, partial: word, values }
    const known = this.#command.registeredArguments
    const lastKnown = known.at(-1)
    const argument = known[this.#arguments] ?? (lastKnown?.variadic === true ? lastKnown : undefined)
    return { place: argument === undefined ? { kind: 'nothing' } : { kind: 'value', of: argument, prefix: '' }, partial: word, values }
  }

  #readOption(word: string): void {
    const equals = word.indexOf('=')
    const option = this.#option(equals < 0 ? word : word.slice(0, equals))
    if (option === undefined || !option.required) return
    if (equals < 0) this.#awaiting = option
    else this.#keep(option, word.slice(equals + 1))
  }

  #option(flag: string): Option | undefined {
    return this.#command.options.find(({ long, short }) => long === flag || short === flag)
  }

  #keep(option: Option, value: string): void {
    const name = option.attributeName()
    this.#values.set(name, [...(this.#values.get(name) ?? []), value])
  }
}

function visible(command: Command): Command[] {
  return command.commands.filter((child) => !child.name().startsWith('__'))
}
