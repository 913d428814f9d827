"""Stands for the API of EC2: what botocore sends is answered from files. Python imports a module of this name at its start.

The answers were written by hand in the shape that the API's reference documents for DescribeInstances (version 2016-11-15), two
pages of it; they were not recorded from an account. boto3, botocore's parser and the inventory plugin are the real ones."""

import io
import os
import urllib.parse

import botocore.awsrequest
import botocore.httpsession

FOLDER = os.path.dirname(__file__)


class Raw(io.BytesIO):
    def stream(self, **_):
        yield self.read()


def send(_self, request):
    body = request.body.decode() if isinstance(request.body, bytes) else request.body
    asked = dict(urllib.parse.parse_qsl(body))
    with open(os.environ['RECORDED_REQUESTS'], 'a', encoding='utf-8') as log:
        log.write(urllib.parse.urlencode(sorted(asked.items())) + '\n')
    page = 'page-2.xml' if 'NextToken' in asked else 'page-1.xml'
    with open(os.path.join(FOLDER, page), 'rb') as answer:
        return botocore.awsrequest.AWSResponse(request.url, 200, {'content-type': 'text/xml'}, Raw(answer.read()))


botocore.httpsession.URLLib3Session.send = send
