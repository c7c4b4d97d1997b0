/** DeleteTopics: deletes topics, by name or, since version 6, by id. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, string, struct, uuid } from './language.ts'

const definition: ApiDefinition = api({
  name: 'DeleteTopics',
  key: 20,
  versions: [1, 6],
  flexible: 4,
  request: {
    topics: array(
      struct('DeleteTopicState', {
        name: string.nullable().default(null),
        topicId: uuid,
      }),
    ).since(6),
    topicNames: array(string).until(5).ignorable(),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: int32.ignorable(),
    responses: array(
      struct('DeletableTopicResult', {
        name: string.nullable(6).mapKey(),
        topicId: uuid.since(6).ignorable(),
        errorCode: int16,
        errorMessage: string.since(5).nullable().default(null).ignorable(),
      }),
    ),
  },
})

export default definition
