'use strict'

// What the Azure Functions worker does with a function app: it gives @azure/functions the module that only the worker
// has, takes the functions that register there, and calls them through the package's own invocation model.
const Module = require('node:module')

const functions = new Map()
let model
const worker = {
  version: 'test',
  log() {},
  setProgrammingModel: (own) => {
    model = own
  },
  registerFunction: (metadata, handler) => functions.set(metadata.name, { metadata, handler }),
  registerHook() {},
}

const load = Module._load
Module._load = (name, ...rest) => (name === '@azure/functions-core' ? worker : load(name, ...rest))

/** Answers a Request with the function of that name. */
async function invoke(name, { url, method, headers }) {
  const { metadata, handler } = functions.get(name)
  const [trigger] = Object.entries(metadata.bindings).find(([, { type }]) => type === 'httpTrigger')
  const http = { url, method, headers: Object.fromEntries(headers) }
  const request = { inputData: [{ name: trigger, data: { http } }], triggerMetadata: {} }
  const invocation = model.getInvocationModel({ invocationId: 'test', metadata, request, log() {} })
  const { context, inputs } = await invocation.getArguments()
  const result = await invocation.invokeFunction(context, inputs, handler)
  const { returnValue } = await invocation.getResponse(context, result)
  const { statusCode, body, ...answer } = returnValue.http
  return new Response(body.bytes, { status: Number(statusCode), headers: answer.headers })
}

module.exports = { invoke }
