/** DescribeConfigs: configs of topics, brokers, loggers and groups, and where each value comes from. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'DescribeConfigs',
  key: 32,
  versions: [1, 4],
  flexible: 4,
  request: {
    resources: array(
      struct('DescribeConfigsResource', {
        resourceType: int8,
        resourceName: string,
        configurationKeys: array(string).nullable(),
      }),
    ),
    includeSynonyms: bool.default(false),
    includeDocumentation: bool.since(3).default(false),
  },
  response: {
    throttleTimeMs: int32,
    results: array(
      struct('DescribeConfigsResult', {
        errorCode: int16,
        errorMessage: string.nullable(),
        resourceType: int8,
        resourceName: string,
        configs: array(
          struct('DescribeConfigsResourceResult', {
            name: string,
            value: string.nullable(),
            readOnly: bool,
            configSource: int8.default(-1).ignorable(),
            isSensitive: bool,
            synonyms: array(
              struct('DescribeConfigsSynonym', {
                name: string,
                value: string.nullable(),
                source: int8,
              }),
            ).ignorable(),
            configType: int8.since(3).default(0).ignorable(),
            documentation: string.since(3).nullable().ignorable(),
          }),
        ),
      }),
    ),
  },
})

export default definition
