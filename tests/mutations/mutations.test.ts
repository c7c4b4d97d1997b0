/** The list of mutations is in step with the sources. Whether each is caught is for `npm run mutate` to say. */

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { allMutations } from './all.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

test('the text of every mutation is in its file exactly once, and its tests are there', () => {
  for (const { name, file, search, replace, tests } of allMutations) {
    const count = readFileSync(join(root, file), 'utf8').split(search).length - 1
    assert.equal(count, 1, `${name}: its text is ${count} times in ${file}`)
    assert.notEqual(replace, search, name)
    assert.ok(tests.length > 0, name)
    for (const path of tests) assert.ok(existsSync(join(root, path)), `${name}: there is no ${path}`)
  }
})

test('every mutation has a name of its own', () => {
  assert.deepEqual(
    allMutations.map(({ name }) => name).filter((name, index, names) => names.indexOf(name) !== index),
    [],
  )
})
