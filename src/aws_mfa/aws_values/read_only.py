"""
The policy of `--read-only` for a user without a role: one constant, sent as an inline session policy. Pure.

It allows List and Describe actions of the most used services whose answers have neither data nor secrets;
docs/read-only.md says which and why. It is changed in tools/read_only_choices.py, not here.

A session may do less: only what the user's own policies allow, too. Roles get AWS's ReadOnlyAccess, which reads data.
"""

# Written by tools/read_only_policy.py, which `make format` runs; do not edit.
READ_ONLY = (
    '{"Version":"2012-10-17","Statement":[{"Sid":"AwsMfaReadOnly","Effect":"Allow","Action":["ec2:Describe*",'
    '"s3:List*","iam:List*","logs:Describe*","cloudwatch:Describe*","cloudwatch:List*",'
    '"cloudformation:ListStacks","cloudformation:ListStackResources","lambda:ListEventSourceMappings",'
    '"ecs:DescribeC*","ecs:DescribeService*","ecs:List*","ecr:Describe*","eks:List*",'
    '"elasticloadbalancing:Describe*","autoscaling:Describe*","rds:DescribeDB*","dynamodb:DescribeTable",'
    '"dynamodb:List*","elasticache:Describe*","sqs:List*","sns:ListTopics","kinesis:List*","states:List*",'
    '"events:ListRules","scheduler:List*","route53:List*","acm:ListCertificates","kms:Describe*","kms:List*",'
    '"secretsmanager:ListSecrets","ssm:DescribeParameters"],"Resource":"*"},{"Effect":"Deny",'
    '"Action":["ec2:DescribeI*Attribute","ec2:*TemplateVersions","ec2:*Spot*Requests","ec2:*VpnConnections",'
    '"ec2:*TrustProviders","ec2:*Tasks","eks:*Anywhere*","elasticloadbalancing:*Rules",'
    '"autoscaling:*Configurations"],"Resource":"*"}]}'
)
