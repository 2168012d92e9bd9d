"""The built-in policy of `--read-only` for IAM users."""

READ_ONLY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:Describe*","iam:List*","s3:List*"],'
    '"Resource":"*"}]}'
)
