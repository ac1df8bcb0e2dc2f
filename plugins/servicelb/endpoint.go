// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package servicelb

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// wish is what the endpoint is asked for. README.md documents it.
type wish struct {
	UID                   string   `json:"uid"`
	Namespace             string   `json:"namespace"`
	Name                  string   `json:"name"`
	Class                 string   `json:"class,omitempty"`
	IPFamilies            []string `json:"ipFamilies"`
	Addresses             []string `json:"addresses,omitempty"`
	Pool                  string   `json:"pool,omitempty"`
	ExternalTrafficPolicy string   `json:"externalTrafficPolicy,omitempty"`
	Ports                 []Port   `json:"ports"`
}

// answer is what the endpoint says.
type answer struct {
	Ingress           []Ingress `json:"ingress"`
	Message           string    `json:"message"`
	RetryAfterSeconds int64     `json:"retryAfterSeconds"`
}

// The bounds of how long the endpoint may have the plugin wait.
const (
	usualWait   = 5 * time.Second
	longestWait = 10 * time.Minute
)

func (a *answer) wait() time.Duration {
	if a.RetryAfterSeconds <= 0 {
		return usualWait
	}
	return min(time.Duration(min(a.RetryAfterSeconds, 3600))*time.Second, longestWait)
}

// provide asks the endpoint for the load balancer of a Service, or for what it
// is to be now.
func provide(ctx context.Context, s *Settings, service *Service) (sdk.Result, error) {
	body, err := sdk.JSON(wish{
		UID: service.UID, Namespace: service.Namespace, Name: service.Name, Class: service.Spec.LoadBalancerClass,
		IPFamilies: service.families(), Addresses: service.requested(), Pool: service.Wishes.Annotations.Pool,
		ExternalTrafficPolicy: service.Spec.ExternalTrafficPolicy, Ports: service.Spec.Ports,
	})
	if err != nil {
		return sdk.Result{}, err
	}
	has := service.Status.LoadBalancer.Ingress // which it keeps where the endpoint gives no other
	status, a, err := s.ask(ctx, "PUT", service, body)
	switch {
	case err == nil && (status == 200 || status == 201):
		if err = a.check(); err == nil {
			return sdk.Result{}, report(ctx, service, outcome{ready: true, ingress: a.Ingress, reason: "Assigned"})
		}
	case err == nil && status == 202:
		return sdk.Result{RequeueAfter: a.wait()}, report(ctx, service, outcome{ingress: has, reason: reasonPending, message: "The load balancer is being made"})
	case err == nil && (status == 400 || status == 409 || status == 422):
		return sdk.Result{}, report(ctx, service, outcome{ingress: has, reason: "Refused", message: "The endpoint refuses: " + a.Message})
	case err == nil:
		err = errors.New("the endpoint answers with status " + strconv.Itoa(status) + ": " + a.Message)
	}
	services.Event(ctx, service, sdk.Warning, "SyncLoadBalancerFailed", "Error syncing load balancer: "+err.Error())
	return retry(status, a, err)
}

// withdraw asks the endpoint to take the load balancer of a Service away. It is
// gone if the result asks for no later time.
func withdraw(ctx context.Context, s *Settings, service *Service) (sdk.Result, error) {
	status, a, err := s.ask(ctx, "DELETE", service, "")
	switch {
	case err == nil && (status == 200 || status == 204 || status == 404):
		return sdk.Result{}, nil
	case err == nil && status == 202:
		return sdk.Result{RequeueAfter: a.wait()}, nil
	case err == nil:
		err = errors.New("the endpoint answers with status " + strconv.Itoa(status) + ": " + a.Message)
	}
	services.Event(ctx, service, sdk.Warning, "DeleteLoadBalancerFailed", "Error deleting load balancer: "+err.Error())
	return retry(status, a, err)
}

// retry comes back when an endpoint that is busy says, else with back-off.
func retry(status int, a answer, err error) (sdk.Result, error) {
	if (status == 429 || status == 503) && a.RetryAfterSeconds > 0 {
		return sdk.Result{RequeueAfter: a.wait()}, nil
	}
	return sdk.Result{}, err
}

// ask sends a request about the load balancer of a Service. A request that is
// sent again, since its answer was lost, has the same idempotency key: the
// version of the Service, which has no generation.
func (s *Settings) ask(ctx context.Context, method string, service *Service, body sdk.Raw) (status int, a answer, err error) {
	request := sdk.HTTPRequest{
		Method: method, URL: s.Endpoint + "/load-balancers/" + service.UID, Body: []byte(body), Timeout: s.timeout,
		Headers: []sdk.HTTPHeader{
			{Name: "Accept", Value: "application/json"},
			{Name: "Idempotency-Key", Value: service.UID + "-" + strconv.FormatUint(service.ResourceVersion, 10)},
		},
	}
	if body != "" {
		request.Headers = append(request.Headers, sdk.HTTPHeader{Name: "Content-Type", Value: "application/json"})
	}
	if s.Authorization != "" {
		request.Headers = append(request.Headers, sdk.HTTPHeader{Name: "Authorization", Value: s.Authorization})
	}
	response, err := outside.Do(ctx, request)
	if err != nil {
		return 0, a, err
	}
	if len(response.Body) > 0 {
		if problem := sdk.Raw(response.Body).Decode(&a); problem != nil && response.Status < 300 {
			return response.Status, a, errors.New("the answer of the endpoint is no JSON object: " + problem.Error())
		}
	}
	if seconds, err := strconv.ParseInt(response.Header("Retry-After"), 10, 64); err == nil {
		a.RetryAfterSeconds = seconds
	}
	return response.Status, a, nil
}

// check reports what is wrong with the answer to a wish that was granted.
func (a *answer) check() error {
	if len(a.Ingress) == 0 {
		return errors.New("the endpoint answers without an address")
	}
	for _, i := range a.Ingress {
		_, err := netip.ParseAddr(i.IP)
		if (i.IP == "") == (i.Hostname == "") || i.IP != "" && err != nil {
			return errors.New("the endpoint answers with the address " + strconv.Quote(i.IP+i.Hostname) + ", expected an ip or a hostname")
		}
	}
	return nil
}
