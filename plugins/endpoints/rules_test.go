// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpoints

import "testing"

func TestRules(t *testing.T) {
	const (
		twoPorts = `{"spec":{"ports":[
			{"name":"http","protocol":"TCP","port":80,"targetPort":"web"},
			{"name":"dns","protocol":"UDP","port":53,"targetPort":53}]}}`
		web81   = `{"spec":{"containers":[{"name":"c","ports":[{"name":"web","containerPort":81,"protocol":"TCP"}]}]}}`
		unready = `{"status":{"conditions":[]}}`
		leaving = `{"metadata":{"finalizers":["example.com/stay"],"deletionTimestamp":"2030-01-01T00:00:00Z"}}`
		publish = `{"spec":{"publishNotReadyAddresses":true}}`
	)
	for _, c := range []struct {
		reason  string
		service string // a merge patch
		pods    []string
		patches []string // merge patches of the pods, by index
		want    string
	}{
		{"a ready pod", "{}", []string{"10.0.0.1"}, nil, "10.0.0.1 at http:8080/TCP"},
		{"no pods: Endpoints without subsets", "{}", nil, nil, ""},
		{"no selector: somebody else's", `{"spec":{"selector":null}}`, []string{"10.0.0.1"}, nil, "none"},
		{"an external name has no endpoints", `{"spec":{"type":"ExternalName"}}`, []string{"10.0.0.1"}, nil, "none"},
		{"sorted by address", "{}", []string{"10.0.0.2", "10.0.0.1"}, nil, "10.0.0.1 10.0.0.2 at http:8080/TCP"},
		{"not ready", "{}", []string{"10.0.0.1", "10.0.0.2"}, []string{unready}, "10.0.0.2 !10.0.0.1 at http:8080/TCP"},
		{"not ready and published", publish, []string{"10.0.0.1"}, []string{unready}, "10.0.0.1 at http:8080/TCP"},
		{"terminating: gone", "{}", []string{"10.0.0.1"}, []string{leaving}, ""},
		{"terminating and published", publish, []string{"10.0.0.1"}, []string{leaving}, "10.0.0.1 at http:8080/TCP"},
		{"finished: gone, published or not", publish, []string{"10.0.0.1"}, []string{`{"status":{"phase":"Failed"}}`}, ""},
		{"without address: not yet", "{}", []string{""}, nil, ""},
		{"two families: the service's first", `{"spec":{"ipFamilies":["IPv6","IPv4"]}}`, []string{"10.0.0.1 2001:DB8::1"}, nil, "2001:db8::1 at http:8080/TCP"},
		{"a pod without the family", `{"spec":{"ipFamilies":["IPv6"]}}`, []string{"10.0.0.1"}, nil, ""},
		{"no families: that of the cluster IP", `{"spec":{"ipFamilies":null,"clusterIP":"fd00::1"}}`, []string{"10.0.0.1 2001:db8::1"}, nil, "2001:db8::1 at http:8080/TCP"},
		{"neither families nor a cluster IP: the pod's first", `{"spec":{"ipFamilies":null,"clusterIP":"None"}}`, []string{"2001:db8::1 10.0.0.1"}, nil, "2001:db8::1 at http:8080/TCP"},
		{"headless without ports", `{"spec":{"clusterIP":"None","ports":null}}`, []string{"10.0.0.1"}, nil, "10.0.0.1 at"},
		{"a host name in the domain of the service", "{}", []string{"10.0.0.1"}, []string{`{"spec":{"hostname":"a","subdomain":"web"}}`}, "10.0.0.1=a at http:8080/TCP"},
		{"a host name in another domain", "{}", []string{"10.0.0.1"}, []string{`{"spec":{"hostname":"a","subdomain":"db"}}`}, "10.0.0.1 at http:8080/TCP"},
		{"ports that the same pods have are one subset", twoPorts, []string{"10.0.0.1"}, []string{web81}, "10.0.0.1 at dns:53/UDP http:81/TCP"},
		{
			"a port that only one pod has a name for", twoPorts, []string{"10.0.0.1", "10.0.0.2"}, []string{web81},
			"10.0.0.1 10.0.0.2 at dns:53/UDP; 10.0.0.1 at http:81/TCP",
		},
		{"a pod that has a name for no port", `{"spec":{"ports":[{"name":"http","protocol":"TCP","port":80,"targetPort":"web"}]}}`, []string{"10.0.0.1"}, nil, ""},
		{"pods with one address, of the host's network", "{}", []string{"10.0.0.1", "10.0.0.1"}, nil, "10.0.0.1 10.0.0.1 at http:8080/TCP"},
		{"the application protocol", `{"spec":{"ports":[{"name":"http","protocol":"TCP","port":80,"targetPort":80,"appProtocol":"http2"}]}}`, []string{"10.0.0.1"}, nil, "10.0.0.1 at http:80/TCP http2"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			w := newWorld(t, service)
			w.Patch("Service", webKey, c.service)
			for i, ips := range c.pods {
				p := w.Add(pod(string(rune('a'+i)), ips))
				if i < len(c.patches) {
					w.Patch("Pod", p.Key(), c.patches[i])
				}
			}
			w.settle()
			if got := w.line(); got != c.want {
				t.Errorf("Endpoints: got %q, want %q", got, c.want)
			}
		})
	}
}
