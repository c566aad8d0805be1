import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Scene } from '../kit/scene.ts';

/** The Response Information that a client gets; `asks` undefined leaves the property out. */
function informationOf(asks: boolean | undefined, template?: string, clientId = 'c'): string | undefined {
  const scene = new Scene(template === undefined ? {} : { responseInformation: template });
  const properties = asks === undefined ? null : { requestResponseInformation: asks };
  return scene.open().connect({ version: 5, clientId, properties }).properties?.responseInformation;
}

describe('response information', () => {
  test('is for those who ask for it [MQTT-3.1.2-28]', () => {
    assert.equal(informationOf(true), 'response/c');
    assert.equal(informationOf(false), undefined);
    assert.equal(informationOf(undefined), undefined);
  });

  test('is as it is set, with the client identifier where that is to stand', () => {
    assert.equal(informationOf(true, 'answers'), 'answers');
    assert.equal(informationOf(true, '${clientid}/of/${clientid}'), 'c/of/c');
    assert.equal(informationOf(true, ''), undefined);
  });

  test('has the identifier letter by letter', () => {
    for (const clientId of ['$&', '$1', '${clientid}', 'a/b', 'é'])
      assert.equal(informationOf(true, 'r/${clientid}', clientId), `r/${clientId}`);
  });

  test('has the identifier that was assigned', () => {
    const properties = { requestResponseInformation: true };
    const connack = new Scene().open().connect({ version: 5, clientId: '', properties });
    const { responseInformation, assignedClientIdentifier } = connack.properties ?? {};
    assert.notEqual(assignedClientIdentifier, undefined);
    assert.equal(responseInformation, `response/${assignedClientIdentifier}`);
  });

  test('is not given where it would be no topic', () => {
    for (const clientId of ['a+', '#', 'x'.repeat(65_530)])
      assert.equal(informationOf(true, undefined, clientId), undefined, clientId.slice(0, 10));
  });

  test('is a place where responses arrive', () => {
    const scene = new Scene();
    const properties = { requestResponseInformation: true };
    const requester = scene.open();
    const topic = requester.connect({ version: 5, properties }).properties?.responseInformation ?? '';
    requester.subscribe(`${topic}/#`);
    const responder = scene.connect5();
    responder.subscribe('request');
    const correlationData = Buffer.from([1, 2]);
    requester.publish('request', 'how much?', { properties: { responseTopic: `${topic}/1`, correlationData } });
    const request = responder.next('publish');
    assert.deepEqual(request.properties?.correlationData, correlationData);
    responder.publish(request.properties?.responseTopic ?? '', 'little', { properties: { correlationData } });
    const response = requester.next('publish');
    assert.deepEqual([response.topic, response.payload.toString()], ['response/client/1', 'little']);
    assert.deepEqual(response.properties?.correlationData, correlationData);
  });
});
