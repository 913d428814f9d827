import * as fc from 'fast-check'
import { renderTemplate } from '../../../../src/agent/template/render-template.ts'
import { TemplateError } from '../../../../src/agent/template/template-error.ts'

const DATA = {
  Ready: true,
  Router: {
    Name: 'c2:f8:62:92:fa:36',
    Port: 6783,
    Targets: ['10.0.0.1', '10.0.0.2'],
    Peers: [
      { Name: 'a', NickName: 'alpha', Connections: [{ Name: 'b', Established: true }] },
      { Name: 'b', NickName: 'beta', Connections: [] },
    ],
    Attrs: { mtu: 1376, name: 'fastdp' },
  },
  DNS: null,
}

describe('a Go template over a report (CLI-18, API-03)', () => {
  it.each([
    ['plain text', 'plain text'],
    ['{{.Router.Name}}', 'c2:f8:62:92:fa:36'],
    ['{{ .Ready }} {{.Router.Port}} {{.Router.Targets}} {{.DNS}}', 'true 6783 [10.0.0.1 10.0.0.2] <no value>'],
    ['{{.Router.Attrs}}', 'map[mtu:1376 name:fastdp]'],
    ['{{range .Router.Peers}}{{.NickName}} {{end}}', 'alpha beta '],
    ['{{range $i, $peer := .Router.Peers}}{{$i}}={{$peer.Name}};{{end}}', '0=a;1=b;'],
    ['{{range $peer := .Router.Peers}}{{$peer.Name}}{{len $peer.Connections}}{{end}}', 'a1b0'],
    ['{{range $key, $value := .Router.Attrs}}{{$key}}:{{$value}},{{end}}', 'mtu:1376,name:fastdp,'],
    ['{{range .Router.Peers}}{{range .Connections}}{{.Name}}{{else}}none{{end}};{{end}}', 'b;none;'],
    ['{{if .DNS}}on{{else}}off{{end}}', 'off'],
    ['{{if not .Ready}}1{{else if eq .Router.Port 6783 80}}2{{else}}3{{end}}', '2'],
    ['{{with .Router}}{{.Port}} {{$.Ready}}{{end}}', '6783 true'],
    ['{{with .DNS}}{{.Domain}}{{end}}', ''],
    ['{{json .Router.Targets}}', '["10.0.0.1","10.0.0.2"]'],
    ['{{.Router.Targets | json}}', '["10.0.0.1","10.0.0.2"]'],
    ['{{(index .Router.Peers 1).NickName}} {{index .Router.Attrs "mtu"}}', 'beta 1376'],
    [
      '{{printf "%s:%05d %q|%-4s|%v%%" .Router.Name .Router.Port "x" "ab" true}}',
      'c2:f8:62:92:fa:36:06783 "x"|ab  |true%',
    ],
    ['{{$n := len .Router.Peers}}{{$n}}{{$n = 7}}{{$n}}', '27'],
    ['a\n  {{- " b " -}}  \n c{{/* no word of it */}}', 'a b c'],
    ['{{if and .Ready (gt .Router.Port 1024)}}high{{end}} {{or .DNS "none"}}', 'high none'],
    ['{{"{{"}}{{`raw " }}`}}', '{{raw " }}'],
    ['{{slice .Router.Name 0 5}} {{print 1 2}} {{ne 1 2}} {{le "a" "b"}}', 'c2:f8 1 2 true true'],
  ])('%j gives %j', (template, text) => {
    expect(renderTemplate(template, DATA)).toBe(text)
  })

  it.each([
    ['{{.Router.Nmae}}', "can't evaluate field Nmae in a map of Name"],
    ['{{.DNS.Domain}}', "can't evaluate field Domain"],
    ['{{.Router', 'has no }}'],
    ['{{if .Ready}}yes', '{{if}} has no {{end}}'],
    ['yes{{end}}', '{{end}} without'],
    ['{{nosuch .Ready}}', 'function "nosuch" not defined'],
    ['{{constructor}}', 'function "constructor" not defined'],
    ['{{.__proto__}}', "can't evaluate field __proto__"],
    ['{{$x}}', 'undefined variable "$x"'],
    ['{{.Ready .Router}}', "can't give argument to non-function"],
    ['{{template "x"}}', '{{template}} is not understood here'],
    ['{{index .Router.Peers 5}}', 'index out of range: 5'],
    ['{{lt 1 "a"}}', 'incompatible types'],
    ['{{(.Ready}}', 'a ( has no )'],
    ['{{}}', 'a value is missing'],
    ['{{range .Ready}}{{end}}', "range can't iterate over true"],
    ['{{"\\d"}}', '\\d in a string'],
    ['{{if 1}}'.repeat(200), 'nested too deeply'],
    ['x'.repeat(100_000), 'too long'],
  ])('%j is refused with its reason', (template, reason) => {
    expect(() => renderTemplate(template, DATA)).toThrow(reason)
  })

  it('never fails otherwise, whatever is given for a template', () => {
    const words = [
      '{{',
      '}}',
      '.',
      'Router',
      '$',
      ' ',
      '"',
      '(',
      ')',
      '|',
      'range',
      'if',
      'end',
      'else',
      ':=',
      '1',
      '-',
    ]
    const templates = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...words)).map(parts => parts.join('')),
    )
    fc.assert(
      fc.property(templates, template => {
        try {
          expect(typeof renderTemplate(template, DATA)).toBe('string')
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError)
        }
      }),
    )
  })
})
