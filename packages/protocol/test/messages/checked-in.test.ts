import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { generate, loadDefinitions, packageRoot } from '../../schema/index.ts'

test('the checked-in files are what the generator makes of the facts', async () => {
  const directory = join(packageRoot, 'src', 'generated')
  const files = generate(await loadDefinitions())
  for (const { path, text } of files) {
    assert.equal(readFileSync(join(directory, path), 'utf8'), text, `${path}: run npm run generate`)
  }
  const present = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  assert.equal(present.length, files.length, 'a file of an API that is gone: run npm run generate')
})
